import Kernels
import Testing

/// Trap 7: in whatever pieces and order a buffer is read, its counts are the same.
@Suite struct SplitTests {
    /// Two readers that take chunks in turn, the last first, and empty their tables after each.
    @Test(arguments: ElementType.allCases)
    func severalReadersFindWhatOneDoes(type: ElementType) {
        let length = Scratch.chunkLength
        for input in hostileInputs(type, count: 3 * length + 777, kinds: 1) {
            input.withBuffer { buffer in
                let chunks = stride(from: 0, to: buffer.count, by: length).map { buffer.slice($0, min(buffer.count, $0 + length)) }
                let reading = Reading(type, count: buffer.count, origin: 1)
                let readers = [Scratch(passLength: length), Scratch(passLength: length)]
                var tallies = [Tally](repeating: Tally(), count: chunks.count)
                for i in chunks.indices.reversed() { tallies[i] = readers[i % 2].add(chunks[i], reading) }
                var counts = ReadCounts()
                for reader in readers { counts.merge(reader.takeCounts(reading)) }
                #expect(Pass(reading, tallies: tallies, counts: counts) == Scratch().read(buffer, origin: 1))
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
