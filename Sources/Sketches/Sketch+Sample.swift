import Kernels

extension Sketch {
    /// Elements per block of a sample: enough that jumping to it costs nothing beside reading it, few enough that even a small
    /// share of a large tensor is many blocks.
    package static let sampleBlockLength = 4 * Scratch.blockLength

    /// A sketch of a random sample of a tensor's blocks, which are read in place.
    ///
    /// - Parameters:
    ///   - pieces: of one type, at least two blocks in all.
    ///   - share: of the blocks; at least two are read.
    /// - Returns: the sketch of the elements read, and what the sample says of the others.
    package static func ofSample(
        _ pieces: some Collection<ElementBuffer>, share: Double, exactLimit: Int, origin: Double?, scratch: Scratch,
        using generator: inout some RandomNumberGenerator
    ) -> (sketch: Sketch, sample: BlockSample) {
        let blocks = pieces.flatMap { piece in
            stride(from: 0, to: piece.count, by: sampleBlockLength).map {
                piece.slice($0, Swift.min(piece.count, $0 + sampleBlockLength))
            }
        }
        let wanted = Swift.min(blocks.count, Swift.max(2, Int((share * Double(blocks.count)).rounded())))
        let chosen = blocks.randomSample(wanted, using: &generator)
        // Codes, not patterns, are counted whatever the size: each block's own sums are needed.
        let reading = Reading(pieces.first?.type ?? .float32, count: 0, origin: origin)
        let tallies = chosen.map { scratch.add($0, reading) }
        let pass = Pass(reading, tallies: tallies, counts: scratch.takeCounts(reading))
        let sketch = Sketch(pass, of: chosen, exactLimit: exactLimit, origin: origin, scratch: scratch)
        let all = pieces.reduce(0) { $0 + $1.count }
        let read = chosen.reduce(0) { $0 + $1.count }
        return (
            sketch,
            withDefaultFloatingPoint {
                BlockSample(tallies.map(\.moments), of: blocks.count, share: Double(read) / Double(Swift.max(1, all)))
            }
        )
    }
}

extension Array {
    /// `wanted` of the elements, each with the same chance, in their order (selection sampling, Knuth's algorithm S).
    fileprivate func randomSample(_ wanted: Int, using generator: inout some RandomNumberGenerator) -> [Element] {
        var chosen: [Element] = []
        chosen.reserveCapacity(wanted)
        for index in indices where chosen.count < wanted {
            if Int.random(in: 0..<count - index, using: &generator) < wanted - chosen.count { chosen.append(self[index]) }
        }
        return chosen
    }
}
