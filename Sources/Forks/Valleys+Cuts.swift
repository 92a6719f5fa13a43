extension Valleys {
    /// More are not looked for.
    private static let mostCuts = 64

    /// What fine windows show counts only if it makes so many branches: fewer, over all the range, are as far apart as the others see.
    static let fewestFineBranches = 8

    /// The antimodes of all significant valleys, ascending, and whether fine windows were needed for them.
    ///
    /// - Parameter cells: all the values.
    func cuts(in cells: Cells, alpha: Double) -> (cuts: [Double], areFine: Bool) {
        let cuts = cuts(isFine: false, in: cells, alpha: alpha, beside: []) { _, _, _ in true }
        let edges = [-Double.infinity] + cuts + [.infinity]
        if zip(edges, edges.dropFirst()).contains(where: { pValue(deepest(isFine: true, from: $0, to: $1)) <= alpha }) {
            // That there are several modes is decided by now, by the windows between the quartiles alone; those beyond only say how
            // many. Windows that are not fine hold several modes then, and may have been cut through one.
            let everywhere = Valleys(cells, grain: grain, isFineEverywhere: true).fineCuts(in: cells, alpha: alpha)
            let many = everywhere.count > cuts.count ? everywhere : fineCuts(in: cells, alpha: alpha)
            // Fine windows are narrow enough for all of these branches.
            if many.count > cuts.count && many.count + 1 >= Self.fewestFineBranches { return (many, true) }
        }
        return ((cuts + narrowCuts(in: cells, alpha: alpha, beside: cuts)).sorted(), false)
    }

    /// The antimodes that fine windows show, and those that others show between them, ascending.
    private func fineCuts(in cells: Cells, alpha: Double) -> [Double] {
        let fine = cuts(isFine: true, in: cells, alpha: alpha, beside: [])
        return (fine + cuts(isFine: false, in: cells, alpha: alpha, beside: fine)).sorted()
    }

    /// The antimodes within branches that are far apart: the widths of windows go by the spread of all values, so each branch is
    /// tested again by itself with narrower ones, and its share of alpha.
    private func narrowCuts(in cells: Cells, alpha: Double, beside cuts: [Double]) -> [Double] {
        guard !cuts.isEmpty else { return [] }
        var found: [Double] = []
        let edges = [-Double.infinity] + cuts + [.infinity]
        for (lower, upper) in zip(edges, edges.dropFirst()) {
            let part = cells.part(from: lower, to: upper)
            guard part.total >= 3 * WindowCounts.leastPeak, cuts.count + found.count < Self.mostCuts else { continue }
            let own = Valleys(part, narrowerThan: windows.narrowest, grain: .infinity)
            let share = alpha * part.total / cells.total
            found += own.cuts(isFine: false, in: part, alpha: share, beside: []) { valley, _, _ in
                own.standsApart(valley, from: lower, to: upper, of: cells, alpha: share)
            }
        }
        return found
    }

    /// The antimodes of the significant valleys that fine windows show, or those that are not, in each of the stretches between
    /// edges: the deepest one first, then those between it and either end, and so on.
    private func cuts(isFine: Bool, in cells: Cells, alpha: Double, beside edges: [Double]) -> [Double] {
        cuts(isFine: isFine, in: cells, alpha: alpha, beside: edges) { valley, lower, upper in
            standsApart(valley, from: lower, to: upper, of: cells, alpha: alpha)
        }
    }

    /// - Parameter isNew: whether a valley between two others is to count.
    private func cuts(
        isFine: Bool, in cells: Cells, alpha: Double, beside edges: [Double],
        where isNew: (_ valley: Valley, _ lower: Double, _ upper: Double) -> Bool
    ) -> [Double] {
        var cuts: [Double] = []
        func divide(_ lower: Double, _ upper: Double) {
            guard edges.count + cuts.count < Self.mostCuts, let valley = deepest(isFine: isFine, from: lower, to: upper),
                pValue(valley) <= alpha, isNew(valley, lower, upper)
            else { return }
            let cut = antimode(of: valley, in: cells)
            guard cut > lower && cut < upper else { return }
            cuts.append(cut)
            divide(lower, cut)
            divide(cut, upper)
        }
        let all = [-Double.infinity] + edges + [.infinity]
        for (lower, upper) in zip(all, all.dropFirst()) { divide(lower, upper) }
        return cuts.sorted()
    }

    /// Whether between a valley of these values and either end of them, where they were cut off from all `cells`, there is a peak
    /// that is significantly higher than what is there at that cut. A cut that is not quite at its antimode has the foot of the
    /// neighbouring mode on its wrong side: the same valley seen twice.
    private func standsApart(_ valley: Valley, from lower: Double, to upper: Double, of cells: Cells, alpha: Double) -> Bool {
        let width = valley.upper - valley.lower
        func rises(_ edge: Double, from start: Double, to end: Double) -> Bool {
            guard edge.isFinite else { return true }
            guard let peak = highest(width, from: start, to: end) else { return false }
            let there = cells.part(from: edge - width / 2, to: edge + width / 2).total
            return pValue(contrast: contrast(peak: peak, valley: there), isFine: valley.isFine) <= alpha
        }
        return rises(lower, from: lower, to: valley.lower) && rises(upper, from: valley.upper, to: upper)
    }

    /// The most that any window of this width between two values holds.
    private func highest(_ width: Double, from lower: Double, to upper: Double) -> Double? {
        guard let scale = windows.scales.first(where: { abs($0.width - width) <= 1e-9 * width }) else { return nil }
        return windows.windows(of: scale, from: lower, to: upper).lazy.map(windows.count).max()
    }

    /// The middle of a valley; of the whole empty stretch around it if it holds nothing.
    func antimode(of valley: Valley, in cells: Cells) -> Double {
        let middle = valley.lower + (valley.upper - valley.lower) / 2
        guard valley.mass < 0.5 else { return middle }
        var before = -Double.infinity
        for index in 0..<cells.count where cells.mass[index] > 0 {
            if cells.lower[index] >= middle {
                return before + (cells.lower[index] - before) / 2
            }
            before = cells.upper[index]
        }
        return middle
    }
}
