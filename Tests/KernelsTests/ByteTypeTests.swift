import Kernels
import Testing

/// Values of 8-bit types as ml_dtypes 0.5 prints them.
@Suite struct ByteTypeTests {
    @Test(arguments: [
        (0x00, 0), (0x01, 0x1p-9), (0x07, 0x1.Cp-7), (0x08, 0x1p-6), (0x38, 1), (0x39, 1.125), (0xC4, -3), (0x7E, 448),
        (0xFE, -448),
    ] as [(UInt64, Double)])
    func float8_e4m3fn(pattern: UInt64, value: Double) {
        #expect(finiteValue(ofPattern: pattern, .float8_e4m3fn) == value)
    }

    @Test(arguments: [
        (0x00, 0), (0x01, 0x1p-16), (0x03, 0x1.8p-15), (0x04, 0x1p-14), (0x3C, 1), (0x3D, 1.25), (0xC2, -3), (0x7B, 57344),
    ] as [(UInt64, Double)])
    func float8_e5m2(pattern: UInt64, value: Double) {
        #expect(finiteValue(ofPattern: pattern, .float8_e5m2) == value)
    }

    @Test func whatIsNotFinite() {
        for pattern: UInt64 in [0x7F, 0xFF] { #expect(finiteValue(ofPattern: pattern, .float8_e4m3fn) == nil) }
        for pattern: UInt64 in [0x7C, 0xFC, 0x7D, 0x7F, 0xFF] { #expect(finiteValue(ofPattern: pattern, .float8_e5m2) == nil) }
        #expect((0..<256).allSatisfy { finiteValue(ofPattern: $0, .int8) == Double(Int8(truncatingIfNeeded: $0)) })
    }

    @Test(arguments: [ElementType.float8_e4m3fn, .float8_e5m2, .int8])
    func everyPatternIsCountedOnce(type: ElementType) {
        let input = Input(name: "all patterns", type: type, patterns: (0..<3000).map { $0 & 0xFF })
        input.withBuffer { expectAgreement(Scratch().read($0), referencePass($0), "\(input)") }
        let tally = Input(name: "", type: type, patterns: Array(0..<256)).withBuffer { Scratch().read($0).tally }
        switch type {
        case .float8_e4m3fn:
            #expect(tally.nan == 2 && tally.positiveInfinity == 0 && tally.zeros == 2 && tally.subnormals == 14)
            #expect(tally.maximum == 448)
        case .float8_e5m2:
            #expect(tally.nan == 6 && tally.negativeInfinity == 1 && tally.zeros == 2 && tally.subnormals == 6)
            #expect(tally.minimum == -57344)
        default:
            #expect(tally.zeros == 1 && tally.subnormals == 0 && tally.minimum == -128 && tally.maximum == 127)
            #expect(tally.moments.mean == -0.5 && abs(tally.moments.m2 / 256 - (65536 - 1) / 12) < 1e-9)
        }
    }
}
