import Testing

@testable import Forks

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Test func significantDigitsAreThoseOfC() {
    var stream = Stream(8)
    for round in 0..<2000 {
        let value = stream.normal() * pow(10, Double(round % 41 - 20))
        for count in [3, 6, 9] {
            var buffer = [CChar](repeating: 0, count: 40)
            _ = withVaList([value]) { vsnprintf(&buffer, 40, "%.\(count)g", $0) }
            let expected = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let found = significantDigits(value, count)
            // C writes 1e+03, which a person reads as 1000.
            if count == 3 && value.magnitude >= 999 && value.magnitude < 1e6 { continue }
            #expect(found == expected)
        }
    }
}

@Test(arguments: [5e-324, 1e-310, -2.2e-308, 1.7976931348623157e308, -1e300, 999.9999999999999, 0.001, 1000, 99.95])
func extremeNumbersAreWrittenToo(value: Double) {
    for count in 1...17 {
        let text = significantDigits(value, count)
        let read = Double(text)!
        #expect(abs(read / value - 1) <= 0.51 * pow(10, 1 - Double(count)) + 1e-15 || read.isInfinite && value > 1.79e308, "\(text)")
    }
}

@Test func placesThatDifferLookDifferent() {
    func text(_ places: [Double]) -> String {
        places.map { Branch(position: $0, mass: 1 / Double(places.count), lower: $0, upper: $0) }.text
    }
    #expect(text([-0.131, 0.138]) == "50 % at -0.131, 50 % at 0.138")
    #expect(text([0.99999, 1.00001]) == "50 % at 0.99999, 50 % at 1.00001")
    #expect(text([1, 1 + 1e-12]) == "50 % at 1, 50 % at 1.000000000001")
    #expect(text((0..<20).map(Double.init)).contains("…"))
    #expect(text([7, 7]) == "50 % at 7, 50 % at 7")
}
