/// How the values of one tensor are read: the same for all its parts, whoever reads them.
package struct Reading: Sendable {
    let type: ElementType

    /// A constant c; if given, x − c is counted by code too.
    let origin: Double?

    /// Whether patterns are counted, from which all else follows exactly and in whatever order the elements come; otherwise
    /// codes are.
    let countsPatterns: Bool

    /// Whether there are so many elements that to gather counts from several tables costs little beside them.
    let spreads: Bool

    /// Of so many neighbouring blocks one, drawn at random, is counted by code; all are summed up. 1 where counting costs nothing
    /// beside the rest: of types that are counted by pattern all follows from the counts.
    package let countsOneIn: Int

    /// So many neighbouring blocks of float32 are summed up at once, a span: the fewer, the more of their rounding errors cancel, so
    /// few elements are summed up block by block.
    let blocksPerSpan: Int

    /// - Parameters:
    ///   - count: of all elements of the tensor.
    ///   - countsOneIn: what is asked for; 1 to count all.
    package init(_ type: ElementType, count: Int, origin: Double? = nil, countsOneIn: Int = 1) {
        self.type = type
        self.origin = origin
        self.countsOneIn = type == .float32 && origin == nil ? Swift.max(1, countsOneIn) : 1
        spreads = count >= 1 << 16
        blocksPerSpan = count < 1 << 20 ? 1 : 8
        countsPatterns = count >= Scratch.patternThreshold(type)
    }
}

/// What readers have counted of a tensor: exact, so the same in whatever parts and order it was read.
package struct ReadCounts: Sendable, Equatable {
    /// By code, or by 16-bit pattern, NaN and infinities included.
    var counts = CodeCounts()

    /// By code, of what is left after the origin is subtracted.
    var centred = CodeCounts()

    package init() {}

    package mutating func merge(_ other: ReadCounts) {
        counts.merge(other.counts)
        centred.merge(other.centred)
    }
}

extension Scratch {
    /// Reads a part of a tensor and remembers what it counts.
    ///
    /// - Parameters:
    ///   - part: begins at a multiple of `chunkLength` elements, or sums depend on where parts begin.
    ///   - place: how many elements of the tensor come before it.
    /// - Returns: its sums; of types that are counted by pattern, nothing yet.
    package func add(_ part: ElementBuffer, _ reading: Reading, at place: Int = 0) -> Tally {
        var tally = Tally()
        var place = place
        withDefaultFloatingPoint {
            part.forEachPiece(of: Scratch.chunkLength) { chunk in
                makeRoom(for: chunk.count, reading)
                chunk.withoutGaps(staging) { tally.merge(readChunk($0, reading, at: place)) }
                place += chunk.count
            }
        }
        return tally
    }

    /// All that was counted since the last call. The tables are empty afterwards.
    package func takeCounts(_ reading: Reading) -> ReadCounts {
        withDefaultFloatingPoint { spill(reading) }
        defer { spilled = ReadCounts() }
        return spilled
    }

    /// Empties the tables before a 32-bit counter can overflow.
    private func makeRoom(for count: Int, _ reading: Reading) {
        if inTables + count > passLength { spill(reading) }
        inTables += count
    }

    private func spill(_ reading: Reading) {
        inTables = 0
        if let type = ByteType.of(reading.type) {
            spilled.counts.merge(bytes.take(type))
            return
        }
        counts.move(to: list)
        spilled.counts.merge(CodeCounts(list))
        if reading.origin != nil && !reading.countsPatterns {
            centredCounts.move(to: list)
            spilled.centred.merge(CodeCounts(list))
        }
    }

    @inline(never) private func readChunk(_ chunk: ElementBuffer, _ reading: Reading, at place: Int) -> Tally {
        var tally = Tally()
        if reading.countsPatterns {
            countPatterns(chunk)
        } else if chunk.type == .float32, reading.origin == nil, let start = chunk.start {
            return readFloat32(chunk, start, reading, at: place)
        } else {
            chunk.forEachPiece(of: Scratch.blockLength) { tally.merge(readBlock($0, origin: reading.origin)) }
        }
        return tally
    }
}
