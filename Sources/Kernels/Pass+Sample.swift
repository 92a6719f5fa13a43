extension Pass {
    /// Makes counts of a sample of blocks stand for all finite values: those that are known exactly, zeros and both extremes, as they
    /// are, and the others in proportion.
    mutating func scaleUp() {
        let finite = tally.moments.count
        let counted = codes.counts.reduce(0, +)
        guard counted < finite else { return }
        // Not 0 if none of the counted blocks has a finite value.
        countedShare = Double(Swift.max(1, counted)) / Double(finite)
        var known = CodeCounts()
        for (code, count) in knownCounts where count > 0 { known.append(code, count) }
        let unknown = codes.without(known)
        let rest = finite - known.counts.reduce(0, +)
        // What the sample has nothing of lies between the extremes; they are all there is to give it to.
        if unknown.counts.isEmpty { return codes = known.scaled(to: finite) }
        known.merge(unknown.scaled(to: rest))
        codes = known
    }

    /// Codes of which more is known than the sample says, ascending. The bins of zero hold zeros alone if nothing is subnormal.
    private var knownCounts: [(code: UInt16, count: UInt64)] {
        let negative = codes.count(of: 0x8000)
        let share = Double(negative) / Double(Swift.max(1, negative + codes.count(of: 0)))
        let negativeZeros = UInt64((Double(tally.zeros) * share).rounded())
        let extremes = [Code.of(tally.minimum), Code.of(tally.maximum)].filter { $0 & 0x7FFF != 0 && codes.count(of: $0) == 0 }
        var known = extremes.map { (code: $0, count: UInt64(1)) }
        if extremes.count == 2 && extremes[0] == extremes[1] { known = [(extremes[0], 2)] }
        if tally.subnormals == 0 { known += [(0x8000, negativeZeros), (0, tally.zeros - negativeZeros)] }
        return known.sorted { Code.rank($0.code) < Code.rank($1.code) }
    }
}

extension CodeCounts {
    fileprivate func count(of code: UInt16) -> UInt64 {
        codes.firstIndex(of: code).map { counts[$0] } ?? 0
    }

    /// All codes but those of `other`.
    fileprivate func without(_ other: CodeCounts) -> CodeCounts {
        var rest = CodeCounts()
        for (code, count) in zip(codes, counts) where !other.codes.contains(code) { rest.append(code, count) }
        return rest
    }

    /// Counts in the same proportion, rounded so that they add up to `total`, which is not below their sum.
    fileprivate func scaled(to total: UInt64) -> CodeCounts {
        let sum = Double(counts.reduce(0, +))
        var scaled = CodeCounts()
        var below: UInt64 = 0
        var given: UInt64 = 0
        for (code, count) in zip(codes, counts) {
            below += count
            let due = UInt64((Double(below) / sum * Double(total)).rounded())
            if due > given { scaled.append(code, due - given) }
            given = due
        }
        return scaled
    }
}
