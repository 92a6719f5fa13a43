import Kernels
import Sketches

/// The tests of one look, with all that a tracker needs beyond their result.
struct Evidence {
    let look: Look
    let valleys: Valleys
    let modes: Modes
    /// Where `modes` was cut, in the look's coordinates.
    let cuts: [Double]

    /// √n·dip of what was tested.
    var scaledDip: Double { look.tested.total.squareRoot() * modes.dipTested }
    /// How many elements were tested.
    var testedCount: Double { look.tested.total }

    init(_ sketch: Sketch, alpha: Double) {
        look = Look(sketch)
        let tested = look.tested
        let isPoint = tested.count < 2
        valleys = isPoint ? Valleys(Cells()) : Valleys(tested)
        let dip = Dip.of(look.values)
        let dipTested = look.isCoarse || !look.atoms.isEmpty ? Dip.of(tested) : dip
        let deepest = valleys.deepest(from: -.infinity, to: .infinity, above: valleys.contrastOfChance)
        let pValue = valleys.pValue(deepest)
        cuts = pValue <= alpha ? valleys.cutsWithin(tested, alpha: alpha) : []
        modes = Modes(
            branches: look.branches(cuts: cuts), atoms: look.atoms, dip: dip, dipTested: dipTested, pValue: pValue)
    }
}

extension Modes {
    package init(of sketch: Sketch, alpha: Double) {
        self = withDefaultFloatingPoint { Evidence(sketch, alpha: alpha).modes }
    }
}

extension Valleys {
    /// The antimodes of all significant valleys, ascending, those within branches that are far apart included: the widths of windows
    /// go by the spread of all values, so each branch is tested again by itself with narrower ones, and its share of alpha.
    func cutsWithin(_ cells: Cells, alpha: Double) -> [Double] {
        let coarse = cuts(in: cells, alpha: alpha)
        guard !coarse.isEmpty else { return [] }
        var found = coarse
        let edges = [-Double.infinity] + coarse + [.infinity]
        for (lower, upper) in zip(edges, edges.dropFirst()) {
            let part = cells.part(from: lower, to: upper)
            guard part.total >= 3 * WindowCounts.leastPeak, found.count < Self.mostCuts else { continue }
            let own = Valleys(part, narrowerThan: windows.narrowest)
            let share = alpha * part.total / cells.total
            found += own.cuts(in: part, alpha: share) { own.standsApart($0, from: lower, to: upper, of: cells, alpha: share) }
        }
        return found.sorted()
    }

    /// More are not looked for.
    private static let mostCuts = 64

    /// The antimodes of all significant valleys, ascending: the deepest one first, then those between it and either end, and so on.
    ///
    /// - Parameter isNew: whether a valley is to count.
    func cuts(in cells: Cells, alpha: Double, where isNew: (Valley) -> Bool = { _ in true }) -> [Double] {
        var cuts: [Double] = []
        func divide(_ lower: Double, _ upper: Double) {
            guard cuts.count < Self.mostCuts, let valley = deepest(from: lower, to: upper), pValue(valley) <= alpha, isNew(valley)
            else { return }
            let cut = antimode(of: valley, in: cells)
            guard cut > lower && cut < upper else { return }
            cuts.append(cut)
            divide(lower, cut)
            divide(cut, upper)
        }
        divide(-.infinity, .infinity)
        return cuts.sorted()
    }

    /// Whether between a valley of these values and either end of them, where they were cut off from all `cells`, there is a peak
    /// that is significantly higher than what is there at that cut. A cut that is not quite at its antimode has the foot of the
    /// neighbouring mode on its wrong side: the same valley seen twice.
    private func standsApart(_ valley: Valley, from lower: Double, to upper: Double, of cells: Cells, alpha: Double) -> Bool {
        let width = valley.upper - valley.lower
        func rises(_ edge: Double, _ side: ClosedRange<Double>) -> Bool {
            guard edge.isFinite else { return true }
            guard let peak = highest(width, in: side) else { return false }
            let there = cells.part(from: edge - width / 2, to: edge + width / 2).total
            return comparisons * normalTail(above: contrast(peak: peak, valley: there)) <= alpha
        }
        return rises(lower, min(lower, valley.lower)...valley.lower) && rises(upper, valley.upper...max(upper, valley.upper))
    }

    /// The most that any window of this width within a range holds.
    private func highest(_ width: Double, in range: ClosedRange<Double>) -> Double? {
        guard let scale = windows.scales.first(where: { abs($0.width - width) <= 1e-9 * width }) else { return nil }
        return scale.windows.filter { scale.lower($0) >= range.lowerBound && scale.upper($0) <= range.upperBound }
            .map(windows.count).max()
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
