import Kernels
import Testing

/// Moments against sums that are exact: a thousand integers, scaled and shifted so that float32 holds them all exactly.
@Suite struct MomentsTests {
    /// Whole numbers whose central sums are whole numbers, too: −m … m, each `repeats` times, in a scrambled order.
    private static func scrambled(_ m: Int, repeats: Int) -> [Int] {
        var random = Random(state: 1)
        return (0..<repeats).flatMap { _ in -m...m }.shuffled(using: &random)
    }

    @Test(arguments: [-100, -40, 0, 40, 100])
    func areExactSumsUpToRounding(exponent: Int) {
        let m = 500
        let values = Self.scrambled(m, repeats: 41)
        let n = Double(values.count)
        // Σk² and Σk⁴ of −m…m by Faulhaber's formulas.
        let x = Double(m)
        let second = 41 * x * (x + 1) * (2 * x + 1) / 3
        let fourth = 41 * x * (x + 1) * (2 * x + 1) * (3 * x * x + 3 * x - 1) / 15
        for offset in [0, 1, 300, 100_000, 2_000_000] {
            let scale = Float(sign: .plus, exponent: exponent, significand: 1)
            let patterns = values.map { UInt64((Float($0 + offset) * scale).bitPattern) }
            let moments = Input(name: "", type: .float32, patterns: patterns).withBuffer { Scratch().read($0).tally.moments }
            let unit = Double(scale)
            let spread = (second / n).squareRoot()
            #expect(moments.exponent == 0 && moments.count == UInt64(n))
            #expect(abs(moments.mean / unit - Double(offset)) <= 2e-8 * spread)
            #expect(abs(moments.m2 / (unit * unit) - second) <= 1e-7 * second)
            #expect(abs(moments.m3 / (unit * unit * unit)) <= 1e-6 * n * spread * spread * spread)
            #expect(abs(moments.m4 / (unit * unit * unit * unit) - fourth) <= 1e-6 * fourth)
        }
    }

    @Test func mergeByPébayGivesTheMomentsOfTheWhole() {
        let values = Self.scrambled(300, repeats: 3).map(Double.init)
        func moments(_ values: ArraySlice<Double>) -> Moments {
            values.reduce(into: Moments()) { sum, value in
                var one = Moments()
                one.count = 1
                one.mean = value
                sum.merge(one)
            }
        }
        let whole = moments(values[...])
        for cut in [0, 1, 17, 900, values.count] {
            var sum = moments(values[..<cut])
            sum.merge(moments(values[cut...]))
            #expect(sum.count == whole.count && abs(sum.mean - whole.mean) < 1e-12)
            #expect(abs(sum.m2 / whole.m2 - 1) < 1e-12 && abs(sum.m4 / whole.m4 - 1) < 1e-12)
        }
        #expect(abs(whole.m2 - 3 * 300 * 301 * 601 / 3) < 1e-3)
    }

    /// The sum of fourth powers of such values is far outside float64's range.
    @Test(arguments: [1e-300, 1e-150, 1e150, 1e300])
    func float64OfAnyScale(scale: Double) {
        let patterns = Self.scrambled(10, repeats: 100).map { (Double($0) * scale).bitPattern }
        let moments = Input(name: "", type: .float64, patterns: patterns).withBuffer { Scratch().read($0).tally.moments }
        // 100 Σk² and 100 Σk⁴ over −10…10.
        let down = Double.powerOf2(moments.exponent) / scale
        #expect(abs(moments.m2 * down * down / 77_000 - 1) < 1e-12)
        #expect(abs(moments.m4 * down * down * down * down / 5_066_600 - 1) < 1e-12)
        #expect(moments.m4 > 0 && moments.m4 < .infinity && abs(moments.mean) < 1e-12 * scale)
    }
}
