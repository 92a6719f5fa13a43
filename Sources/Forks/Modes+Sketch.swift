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
        let deepest = isPoint ? nil : valleys.deepest(from: -.infinity, to: .infinity)
        let pValue = valleys.pValue(deepest)
        cuts = pValue <= alpha ? valleys.cuts(in: tested, alpha: alpha) : []
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
    /// The antimodes of all significant valleys, ascending: the deepest one first, then those between it and either end, and so on.
    func cuts(in cells: Cells, alpha: Double) -> [Double] {
        var cuts: [Double] = []
        func divide(_ lower: Double, _ upper: Double) {
            guard cuts.count < 64, let valley = deepest(from: lower, to: upper), pValue(valley) <= alpha else { return }
            let cut = antimode(of: valley, in: cells)
            guard cut > lower && cut < upper else { return }
            cuts.append(cut)
            divide(lower, cut)
            divide(cut, upper)
        }
        divide(-.infinity, .infinity)
        return cuts.sorted()
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
