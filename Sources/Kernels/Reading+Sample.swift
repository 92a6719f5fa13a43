extension Reading {
    /// Whether a block of a float32 tensor is counted by code, and for how many blocks from there on the same is true: of each group
    /// of `countsOneIn` times `blocksInRow` blocks as many in a row are counted as that, and which is drawn anew for each group, so
    /// that no period of the tensor (its rows, say) can coincide with that of the sample. The same in every run.
    func run(at block: Int, atMost most: Int) -> (blocks: Int, isCounted: Bool) {
        if countsOneIn == 1 { return (most, true) }
        let (row, done) = block.quotientAndRemainder(dividingBy: Reading.blocksInRow)
        let (group, place) = row.quotientAndRemainder(dividingBy: countsOneIn)
        let drawn = drawn(group)
        let rows = place == drawn ? 1 : place < drawn ? drawn - place : countsOneIn - place + self.drawn(group + 1)
        return (Swift.min(most, rows * Reading.blocksInRow - done), place == drawn)
    }

    /// So many neighbours are counted together, 4,096 elements: the counters they touch must come back to the first-level cache, out
    /// of which blocks that are not counted have driven them.
    private static let blocksInRow = 4

    private func drawn(_ group: Int) -> Int {
        Int(Reading.mix(UInt64(group)).multipliedFullWidth(by: UInt64(countsOneIn)).high)
    }

    /// The finaliser of SplitMix64 (G. L. Steele, D. Lea & C. H. Flood, OOPSLA 2014): neighbouring numbers give unrelated ones.
    private static func mix(_ number: UInt64) -> UInt64 {
        var bits = (number &+ 1) &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}
