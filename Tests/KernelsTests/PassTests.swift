import Kernels
import Testing

/// Each fast loop against the reference that reads element by element.
@Suite struct PassTests {
    @Test(arguments: ElementType.allCases)
    func agreesWithTheReferenceOnHostileInputs(type: ElementType) {
        let scratch = Scratch()
        for count in [0, 1, 2, 3, 7, 8, 9, 31, 100, 1023, 1024, 1025, 2100] {
            for input in hostileInputs(type, count: count) {
                input.withBuffer { expectAgreement(scratch.read($0), referencePass($0), "\(input)") }
            }
        }
    }

    @Test(arguments: ElementType.allCases)
    func agreesAtEveryAlignment(type: ElementType) {
        let scratch = Scratch()
        for input in hostileInputs(type, count: 1100) {
            for offset in 0..<9 {
                input.withBuffer(offset: offset) { expectAgreement(scratch.read($0), referencePass($0), "\(input) at \(offset)") }
            }
        }
    }

    @Test(arguments: ElementType.allCases)
    func agreesOverSeveralChunks(type: ElementType) {
        let scratch = Scratch()
        let count = type.byteCount < 4 ? 70_001 : Scratch.chunkLength + 4_097
        for input in hostileInputs(type, count: count, kinds: 2) {
            input.withBuffer { expectAgreement(scratch.read($0), referencePass($0), "\(input)") }
        }
    }

    /// Of large tensors several blocks are summed up at a time, across those that are counted and those that are not.
    @Test(arguments: [1, 2, 8, 100]) func sumsUpSeveralBlocksAtOnce(countsOneIn: Int) {
        let scratch = Scratch()
        for input in hostileInputs(.float32, count: 70_001) {
            input.withBuffer { buffer in
                let expected = referencePass(buffer).tally
                // As parts of a tensor of so many elements.
                for count in [buffer.count, 1 << 20] {
                    let reading = Reading(.float32, count: count, countsOneIn: countsOneIn)
                    let tally = scratch.add(buffer, reading)
                    _ = scratch.takeCounts(reading)
                    expectAgreement(tally, expected, "\(input) of \(count), one in \(countsOneIn) counted")
                }
            }
        }
    }

    /// Trap 2: NaN of the lowest payload beside infinity, −0, and subnormals that share a code with zero.
    @Test func specialFloat32PatternsAreCountedApart() {
        let patterns: [UInt64] = [
            0x7F80_0001, 0xFF80_0001, 0x7FFF_FFFF, 0x7F80_0000, 0xFF80_0000, 0, 0x8000_0000, 1, 0x8000_0001, 0x007F_FFFF,
            0x0080_0000, 0x7F7F_FFFF,
        ]
        // In every lane of a vector, and in the tail.
        for shift in 0..<17 {
            let input = Input(
                name: "specials", type: .float32, patterns: [UInt64](repeating: 0x3F80_0000, count: 1024 + shift) + patterns)
            let tally = input.withBuffer { Scratch().read($0).tally }
            #expect(tally.nan == 3 && tally.positiveInfinity == 1 && tally.negativeInfinity == 1)
            #expect(tally.zeros == 2 && tally.subnormals == 3 && tally.moments.count == UInt64(1024 + shift + 7))
            #expect(tally.minimum == Double(-Float.leastNonzeroMagnitude) && tally.maximum == 0x1.FFFFFEp127)
        }
    }

    /// Trap 4: what vector instructions return for NaN and ±0 differs between processors.
    @Test func extremesTellMinusZeroFromZeroAndLeaveNaNOut() {
        for (patterns, minimum, maximum) in [
            ([0, 0x8000_0000], -0.0, 0.0), ([0x8000_0000, 0], -0.0, 0.0), ([0x8000_0000], -0.0, -0.0), ([0], 0.0, 0.0),
            ([0x7FC0_0000, 0x8000_0000], -0.0, -0.0), ([0xFFC0_0000, 0], 0.0, 0.0),
        ] as [([UInt64], Double, Double)] {
            for count in [1, 7, 1024, 2048, 3000] {
                let all = (0..<count * patterns.count).map { patterns[$0 % patterns.count] }
                let tally = Input(name: "", type: .float32, patterns: all).withBuffer { Scratch().read($0).tally }
                #expect(tally.minimum.bitPattern == minimum.bitPattern && tally.maximum.bitPattern == maximum.bitPattern)
            }
        }
    }

    /// Trap 6.
    @Test(arguments: ElementType.allCases)
    func constantsHaveNoSpread(type: ElementType) {
        for value in [1, -0.5, 0] where finiteValue(ofPattern: pattern(value, type), type) == value {
            for count in [1, 2, 1000, 5000, 70_000] {
                let input = Input(name: "constant", type: type, patterns: [UInt64](repeating: pattern(value, type), count: count))
                let moments = input.withBuffer { Scratch().read($0).tally.moments }
                #expect(moments.count == UInt64(count) && moments.mean == value)
                #expect(moments.m2 == 0 && moments.m3 == 0 && moments.m4 == 0)
            }
        }
    }

    @Test(arguments: ElementType.allCases)
    func sortedValuesAreAllFiniteValuesInOrder(type: ElementType) {
        let scratch = Scratch()
        for count in [0, 1, 2, 40, 49, 300, 1500] {
            for input in hostileInputs(type, count: count) {
                input.withBuffer { buffer in
                    let reference = referencePass(buffer)
                    let read = scratch.readSorted(buffer, capacity: buffer.count)
                    let expected = input.patterns.compactMap { finiteValue(ofPattern: $0, type) }
                        .sorted { $0.orderKey < $1.orderKey }
                    #expect(read.values.map(\.bitPattern) == expected.map(\.bitPattern), "\(input)")
                    expectAgreement(read.tally, reference.tally, "\(input)")
                }
            }
        }
    }

    /// Trap 8 and the second count: x − c for data that start at a constant.
    @Test(arguments: ElementType.allCases)
    func countsAboutAnOrigin(type: ElementType) {
        let scratch = Scratch()
        for input in hostileInputs(type, count: 2000) {
            input.withBuffer { buffer in
                let pass = scratch.read(buffer, origin: 1)
                expectAgreement(pass, referencePass(buffer, origin: 1), "\(input)")
            }
        }
    }

    /// A table that a pass has not emptied would show in the next one.
    @Test func leavesItsTablesEmpty() {
        let scratch = Scratch()
        for type in ElementType.allCases {
            for input in hostileInputs(type, count: 20_000, kinds: 5) {
                let first = input.withBuffer { scratch.read($0, origin: 0.5) }
                let second = input.withBuffer { scratch.read($0, origin: 0.5) }
                #expect(first == second, "\(input)")
            }
        }
    }
}

/// Counts and extremes must be the same, sums up to rounding.
func expectAgreement(_ pass: Pass, _ reference: Pass, _ input: String) {
    expectAgreement(pass.tally, reference.tally, input)
    #expect(pass.codes == reference.codes, "codes of \(input)")
    #expect(pass.centred == reference.centred, "codes about the origin of \(input)")
}

func expectAgreement(_ tally: Tally, _ reference: Tally, _ input: String) {
    #expect(tally.nan == reference.nan, "NaN in \(input)")
    #expect(tally.positiveInfinity == reference.positiveInfinity, "+∞ in \(input)")
    #expect(tally.negativeInfinity == reference.negativeInfinity, "−∞ in \(input)")
    #expect(tally.zeros == reference.zeros, "zeros in \(input)")
    #expect(tally.subnormals == reference.subnormals, "subnormals in \(input)")
    #expect(tally.minimum.bitPattern == reference.minimum.bitPattern, "minimum of \(input)")
    #expect(tally.maximum.bitPattern == reference.maximum.bitPattern, "maximum of \(input)")
    #expect(tally.isOnBinEdges == reference.isOnBinEdges, "edges of bins in \(input)")
    #expect(isClose(tally.absoluteSum, reference.absoluteSum, 1e-6 * reference.absoluteSum), "Σ|x| of \(input)")
    expectAgreement(tally.moments, reference.moments, input)
}

/// Whether two numbers are the same, infinite or not, or nearly so.
private func isClose(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
    a == b || abs(a - b) <= tolerance
}

/// In one block, rounding in float32 lanes costs up to 10⁻⁶ of the variance and 10⁻⁵ of the fourth power, worst where there are but two
/// values. It differs from block to block, so that of n blocks it is √n times less.
func expectAgreement(_ moments: Moments, _ reference: Moments, _ input: String) {
    #expect(moments.count == reference.count, "count of \(input)")
    guard reference.count > 0 else { return }
    let unit = Double.powerOf2(reference.exponent)
    let factor = Double.powerOf2(moments.exponent - reference.exponent)
    let (m2, m3, m4) = (reference.m2, reference.m3, reference.m4)
    let spread = (m2 / Double(reference.count)).squareRoot()
    let mean = reference.mean / unit
    #expect(isClose(moments.mean / unit, mean, 1e-6 * spread + 1e-15 * abs(mean)), "mean of \(input)")
    // A mean is a float64: among subnormals it has few digits, or none.
    let quantum = Double.leastNonzeroMagnitude / unit
    #expect(isClose(moments.m2 * factor * factor, m2, 1e-6 * m2 + Double(reference.count) * quantum * quantum), "m2 of \(input)")
    #expect(isClose(moments.m3 * factor * factor * factor, m3, 1e-5 * (m2 * m4).squareRoot()), "m3 of \(input)")
    #expect(isClose(moments.m4 * factor * factor * factor * factor, m4, 1e-5 * m4), "m4 of \(input)")
}
