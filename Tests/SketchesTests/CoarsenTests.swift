import Foundation
import Kernels
import Sketches
import Testing

/// Sketches made coarser for storage.
@Suite struct CoarsenTests {
    private static func sketch(_ values: [Float], exactLimit: Int = 4096, origin: Double? = nil) -> Sketch {
        var sketch = Sketch(exactLimit: exactLimit, origin: origin)
        values.withUnsafeBytes { bytes in
            sketch.update(ElementBuffer(start: bytes.baseAddress, count: values.count, type: .float32), scratch: Scratch())
        }
        return sketch
    }

    /// Box and Muller, from a fixed seed.
    private static func gaussian(_ count: Int, seed: UInt64 = 1) -> [Float] {
        var state = seed
        func uniform() -> Double {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return (Double((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53
        }
        return (0..<count).map { _ in Float((-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) * 0.02) }
    }

    private static func deserialized(_ bytes: [UInt8]) throws -> Sketch {
        try bytes.withUnsafeBytes { try Sketch(serialized: $0) }
    }

    private static let many = gaussian(100_000)
    private static let sorted = many.sorted()
    private static let full = sketch(many)

    @Test(arguments: [1.0 / 8, 1.0 / 64, 1.0 / 128, 1.0 / 256])
    func quantilesHaveTheErrorAskedFor(error: Double) throws {
        let full = Self.full
        let bytes = full.coarsened(to: error).serialized()
        #expect(error > 1.0 / 64 || bytes.count <= (1 / error < 256 ? 4096 : 8192))
        let stored = try Self.deserialized(bytes)
        var worst = 0.0
        for percent in 1..<1000 {
            let exact = Double(Self.sorted[percent * 100 - 1])
            worst = max(worst, abs(stored.quantile(Double(percent) / 1000) - exact) / abs(exact))
        }
        #expect(worst <= error)
        // It would be no test of the bound if nothing came near it.
        #expect(worst > error / 2)
        #expect(stored.moments == full.moments)
        #expect(stored.count == 100_000 && stored.min == full.min && stored.max == full.max)
    }

    @Test func theCDFIsExactAtTheEdgesOfCoarseBins() {
        let values = Self.gaussian(20_000)
        let coarse = Self.sketch(values).coarsened(to: 1.0 / 64)
        for exponent in -12 ... -5 {
            for mantissa in 32..<64 {
                for sign in [-1.0, 1.0] {
                    let edge = sign * Double(mantissa) / 32 * Double(sign: .plus, exponent: exponent, significand: 1)
                    // Values at an edge belong to the bin farther from zero; with random values none is at one.
                    let below = values.count { Double($0) <= edge }
                    #expect(abs(coarse.cdf(edge) - Double(below) / 20_000) < 1e-12, "\(edge)")
                }
            }
        }
    }

    @Test func coarseningAndMergingCommute() throws {
        let a = Self.sketch(Self.gaussian(30_000, seed: 2))
        let b = Self.sketch(Self.gaussian(9_000, seed: 3) + [0, -0.0, 1e-42, -1e-42, 3e-39, .infinity, .nan])
        var whole = a
        whole.merge(b)
        let expected = whole.coarsened(to: 1.0 / 64)
        for (x, y) in [(a.coarsened(to: 1.0 / 64), b), (a, b.coarsened(to: 1.0 / 64)), (a.coarsened(to: 1.0 / 64), b.coarsened(to: 1.0 / 128))] {
            var merged = x
            merged.merge(y)
            #expect(merged.mantissaBits == 5)
            #expect(merged.codes == expected.codes)
            #expect(merged.count == expected.count && merged.zeros == 2 && merged.nan == 1)
            var other = y
            other.merge(x)
            #expect(other.codes == expected.codes)
            #expect(try Self.deserialized(merged.serialized()) == merged)
        }
    }

    @Test func fewValuesStayAsTheyAre() throws {
        let few = Self.sketch(Self.gaussian(1024))
        #expect(few.coarsened(to: 1.0 / 64) == few)
        let more = Self.sketch(Self.gaussian(1025))
        #expect(more.coarsened(to: 1.0 / 64).exactValues == nil)
        #expect(more.coarsened(to: 1.0 / 256) == more)
        #expect(try Self.deserialized(more.coarsened(to: 1.0 / 64).serialized()) == more.coarsened(to: 1.0 / 64))
    }

    @Test func bfloat16ValuesAreInTheirCoarseBinsAndNotAtTheirEdges() throws {
        let values = Self.gaussian(10_000).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
        let coarse = Self.sketch(values).coarsened(to: 1.0 / 64)
        #expect(!coarse.isOnBinEdges)
        let sorted = values.sorted()
        for q in stride(from: 0.005, to: 1, by: 0.005) {
            let exact = Double(sorted[Int((10_000 * q).rounded(.up)) - 1])
            #expect(abs(coarse.quantile(q) - exact) <= abs(exact) / 64)
        }
        #expect(try Self.deserialized(coarse.serialized()) == coarse)
    }

    @Test func countsAboutAnOriginAreCoarsenedToo() throws {
        let values = Self.gaussian(10_000).map { $0 + 1 }
        let full = Self.sketch(values, origin: 1)
        let coarse = full.coarsened(to: 1.0 / 64)
        #expect(coarse.centred?.mantissaBits == 5)
        #expect(coarse.centred?.total == 10_000)
        #expect(try Self.deserialized(coarse.serialized()) == coarse)
    }

    /// Bytes as version 1 wrote them, built by hand: 1, 2, 2, 3 and −1 as counts, with no values kept.
    @Test func versionOneIsStillRead() throws {
        var bytes: [UInt8] = Array("FRKS".utf8) + [1, 1, 2, 0]
        bytes += [0, 0, 0, 0, 0, 5]
        func add(_ value: Double) { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += Array($0) } }
        let values: [Double] = [-1, 1, 2, 2, 3]
        let mean = 7.0 / 5
        for figure in [-1, 3, 9, mean] { add(figure) }
        for power in 2...4 { add(values.reduce(0) { $0 + pow($1 - mean, Double(power)) }) }
        bytes += [0, 0]
        func addVarint(_ value: Int) {
            var rest = value
            while rest >= 0x80 {
                bytes.append(UInt8(rest & 0x7F) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
        }
        // Ranks of −1, 1, 2 and 3: the complement of 0xBF80, then 0x8000 above 0x3F80, 0x4000 and 0x4040.
        let ranks = [0xFFFF ^ 0xBF80, 0x8000 + 0x3F80, 0x8000 + 0x4000, 0x8000 + 0x4040]
        addVarint(4)
        var next = 0
        for (rank, count) in zip(ranks, [1, 1, 2, 1]) {
            addVarint(rank - next)
            addVarint(count)
            next = rank + 1
        }
        var crc: UInt32 = ~0
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB8_8320 }
        }
        withUnsafeBytes(of: (~crc).littleEndian) { bytes += Array($0) }
        let sketch = try Self.deserialized(bytes)
        #expect(sketch.count == 5)
        #expect([0.0, 0.2, 0.4, 0.6, 0.8, 1].map { sketch.quantile($0) } == [-1, -1, 1, 2, 2, 3])
        // What is written now is the later version.
        #expect(sketch.serialized()[4] == 2)
        #expect(try Self.deserialized(sketch.serialized()) == sketch)
    }
}
