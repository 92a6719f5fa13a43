import Kernels
import Testing

/// The arithmetic of codes against float32's own.
@Suite struct CodeTests {
    @Test func theCodeOfAFloat32IsItsUpperHalf() {
        var random = Random(state: 3)
        for i in 0..<200_000 {
            let bits = i < 65_536 ? UInt32(i) << 16 : UInt32(truncatingIfNeeded: random.next())
            let value = Float(bitPattern: bits)
            if value.isFinite { #expect(Code.of(Double(value)) == UInt16(bits >> 16)) }
        }
    }

    @Test func edgesEncloseTheirBin() {
        for code in UInt16.min ... .max where code & 0x7FFF <= Code.largest {
            let inner = Code.innerEdge(code)
            let outer = Code.outerEdge(code)
            #expect(inner == Double(Float(bitPattern: UInt32(code) << 16)) && abs(inner) < abs(outer))
            #expect(Code.of(inner) == code && Code.of(outer.nextUp.magnitude < outer.magnitude ? outer.nextUp : outer.nextDown) == code)
            #expect(inner.sign == outer.sign)
        }
    }

    @Test func ranksAreInTheOrderOfValues() {
        var last = -Double.infinity
        for rank in UInt16.min ... .max {
            let code = Code.ofRank(rank)
            #expect(Code.rank(code) == rank)
            guard code & 0x7FFF <= Code.largest else { continue }
            let value = Code.innerEdge(code)
            #expect(value > last || (value == 0 && last == 0))
            last = value
        }
    }

    /// Truncated, never rounded: rounding would move values across edges.
    @Test func float64IsTruncatedTowardsZero() {
        let justBelowTwo = 2.0.nextDown
        #expect(Code.of(justBelowTwo) == 0x3FFF && Code.of(-justBelowTwo) == 0xBFFF)
        #expect(Code.of(0x1p-133.nextDown) == 0 && Code.of(-0x1p-1074) == 0x8000)
        #expect(Code.of(.greatestFiniteMagnitude) == Code.largest && Code.of(-1e300) == Code.largest | 0x8000)
    }

    @Test(arguments: ElementType.allCases)
    func finiteValuesAreInTheOrderOfTheirPatterns(type: ElementType) {
        guard type.byteCount <= 2 && type != .int8 else { return }
        let sign: UInt64 = 1 << UInt64(type.byteCount * 8 - 1)
        let positive = (0..<sign).compactMap { finiteValue(ofPattern: $0, type) }
        #expect(zip(positive, positive.dropFirst()).allSatisfy { $0 < $1 } && positive[0].bitPattern == 0)
        #expect(finiteValue(ofPattern: sign, type)?.bitPattern == (-0.0).bitPattern)
        for pattern in 0..<sign {
            #expect(finiteValue(ofPattern: pattern | sign, type) == finiteValue(ofPattern: pattern, type).map { -$0 })
        }
    }
}
