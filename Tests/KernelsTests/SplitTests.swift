import Kernels
import Testing

/// Trap 7: in whatever pieces and order a buffer is read, its counts are the same.
@Suite struct SplitTests {
    @Test(arguments: ElementType.allCases)
    func passLengthChangesNothing(type: ElementType) {
        let count = type == .float32 ? 2 * Scratch.chunkLength + 777 : 20_000
        for input in hostileInputs(type, count: count, kinds: 1) {
            input.withBuffer { buffer in
                let whole = Scratch().read(buffer)
                let scratch = Scratch(passLength: Scratch.chunkLength)
                var tally = Tally()
                var counts: [UInt16: UInt64] = [:]
                buffer.forEachPiece(of: Scratch.chunkLength) {
                    let pass = scratch.read($0)
                    tally.merge(pass.tally)
                    for (code, count) in zip(pass.codes.codes, pass.codes.counts) { counts[code, default: 0] += UInt64(count) }
                }
                #expect(tally == whole.tally)
                #expect(counts == Dictionary(uniqueKeysWithValues: zip(whole.codes.codes, whole.codes.counts.map(UInt64.init))))
            }
        }
    }

    @Test(arguments: ElementType.allCases)
    func anySplitInAnyOrderHasTheSameCounts(type: ElementType) {
        var random = Random(state: 5)
        for input in hostileInputs(type, count: 3000, kinds: 5) {
            let whole = input.withBuffer { referencePass($0) }
            for _ in 0..<5 {
                var cuts = (0..<4).map { _ in Int.random(in: 0...3000, using: &random) }.sorted()
                cuts = [0] + cuts + [3000]
                var tally = Tally()
                for part in zip(cuts, cuts.dropFirst()).shuffled(using: &random) {
                    tally.merge(input.slice(part.0..<part.1).withBuffer { Scratch().read($0).tally })
                }
                expectAgreement(tally, whole.tally, "\(input) cut at \(cuts)")
            }
        }
    }
}
