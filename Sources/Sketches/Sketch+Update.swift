import Kernels

extension Sketch {
    /// Adds the values of a buffer, which is read in place.
    ///
    /// - Parameter countsOneIn: see `Reading.countsOneIn`.
    package mutating func update(_ buffer: ElementBuffer, countsOneIn: Int = 1, scratch: Scratch) {
        merge(
            Sketch(
                CollectionOfOne(buffer), exactLimit: exactLimit, origin: origin, countsOneIn: countsOneIn, scratch: scratch))
    }

    /// The sketch of a tensor that comes in one or more pieces of one type, which are read in place.
    ///
    /// - Parameter countsOneIn: see `Reading.countsOneIn`; taken for 1 if fewer than `leastCounted` elements would be counted.
    package init(
        _ pieces: some Collection<ElementBuffer>, exactLimit: Int, origin: Double? = nil, countsOneIn: Int = 1, scratch: Scratch
    ) {
        self.init(exactLimit: exactLimit, origin: origin)
        guard let type = pieces.first?.type else { return }
        let count = pieces.reduce(0) { $0 + $1.count }
        if count <= self.exactLimit {
            keep(pieces, type, finite: count, scratch)
        } else {
            let isLarge = count / countsOneIn >= Self.leastCounted
            let reading = Reading(type, count: count, origin: self.origin, countsOneIn: isLarge ? countsOneIn : 1)
            var place = 0
            let tallies = pieces.flatMap { piece in
                piece.parts.map { part in
                    defer { place += part.count }
                    return scratch.add(part, reading, at: place)
                }
            }
            take(Pass(reading, tallies: tallies, counts: scratch.takeCounts(reading)), of: pieces, type, scratch)
        }
    }

    /// The sketch of a tensor with more elements than `exactLimit`, of which a pass was made.
    ///
    /// - Parameter pieces: what the pass was made of; read again if so few values are finite that they are kept.
    package init(
        _ pass: Pass, of pieces: some Collection<ElementBuffer>, exactLimit: Int, origin: Double? = nil, scratch: Scratch
    ) {
        self.init(exactLimit: exactLimit, origin: origin)
        guard let type = pieces.first?.type else { return }
        take(pass, of: pieces, type, scratch)
    }

    /// The sketch of a tensor with more elements than `exactLimit`, of which a pass was made and which is no longer in memory.
    ///
    /// - Parameter finite: its finite elements, if there are at most `exactLimit`; not looked at otherwise.
    package init(
        _ pass: Pass, of type: ElementType, finite: ElementBuffer, exactLimit: Int, origin: Double? = nil, scratch: Scratch
    ) {
        self.init(exactLimit: exactLimit, origin: origin)
        take(pass, of: EmptyCollection(), type, scratch)
        guard pass.tally.moments.count <= UInt64(self.exactLimit) else { return }
        types = .one(type)
        let exact = scratch.readSorted(finite, capacity: finite.count)
        storage = .exact(exact.values)
        tally = exact.tally
        tally.nan = pass.tally.nan
        tally.positiveInfinity = pass.tally.positiveInfinity
        tally.negativeInfinity = pass.tally.negativeInfinity
    }

    /// At least this many elements are counted by code: a sample of fewer would say little.
    private static let leastCounted = 1 << 17

    private mutating func take(
        _ pass: Pass, of pieces: some Collection<ElementBuffer>, _ type: ElementType, _ scratch: Scratch
    ) {
        let finite = pass.tally.moments.count
        if finite <= UInt64(exactLimit) { return keep(pieces, type, finite: Int(finite), scratch) }
        types = .one(type)
        tally = pass.tally
        storage = .codes(CodeHistogram(pass.codes))
        countedShare = pass.countedShare
        if origin != nil { centredCodes = CodeHistogram(pass.centred) }
    }

    /// - Parameter finite: at least the number of finite values.
    private mutating func keep(
        _ pieces: some Collection<ElementBuffer>, _ type: ElementType, finite: Int, _ scratch: Scratch
    ) {
        for piece in pieces {
            var part = Sketch(exactLimit: exactLimit, origin: origin)
            part.types = .one(type)
            let exact = scratch.readSorted(piece, capacity: Swift.min(finite, piece.count))
            part.tally = exact.tally
            part.storage = .exact(exact.values)
            merge(part)
        }
    }
}

extension ElementBuffer {
    /// How much of a buffer one thread reads at a time: large enough that what comes with each part is nothing beside it, small
    /// enough that threads finish together.
    package static func partLength(_ type: ElementType) -> Int { (8 << 20) / type.byteCount / Scratch.chunkLength * Scratch.chunkLength }

    /// The parts in which it is read and summed up, whoever reads them.
    package var parts: [ElementBuffer] {
        let length = Self.partLength(type)
        return stride(from: 0, to: count, by: length).map { slice($0, Swift.min(count, $0 + length)) }
    }
}
