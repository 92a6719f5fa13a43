import Testing

@testable import Session

@Suite struct FiguresTests {
    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-12_345, "-12,345")])
    func grouped(number: Int, text: String) {
        #expect(Figures.grouped(number) == text)
    }

    @Test(arguments: [
        (0.0, 2, "0.00"), (0.005, 2, "0.01"), (-0.001, 2, "0.00"), (12.345, 1, "12.3"), (99.96, 1, "100.0"),
        (-1.5, 0, "-2"), (3, 0, "3"),
    ])
    func fixed(number: Double, places: Int, text: String) {
        #expect(Figures.fixed(number, places: places) == text)
    }

    @Test(arguments: [
        (0.00085, "850 µs"), (0.0123, "12.30 ms"), (0.85, "850 ms"), (85.34, "85.3 s"), (725, "12 min 5 s"),
        (12_000, "3 h 20 min"),
    ])
    func duration(seconds: Double, text: String) {
        #expect(Figures.duration(seconds) == text)
    }

    @Test func hostileNumbersDoNotTrap() {
        for number in [Double.nan, .infinity, -.infinity, 1e300] {
            _ = Figures.fixed(number, places: 3)
            _ = Figures.duration(number)
        }
        #expect(Figures.grouped(.min).hasPrefix("-9,223"))
    }
}
