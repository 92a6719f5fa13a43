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

    /// - Parameter isFine: whether fine windows are looked at, see `WindowCounts`.
    init(_ sketch: Sketch, alpha: Double, isFine: Bool = true) {
        look = Look(sketch)
        let tested = look.tested
        let isPoint = tested.count < 2
        valleys = isPoint ? Valleys(Cells()) : Valleys(tested, grain: isFine ? look.grain : .infinity)
        let dip = Dip.of(look.values)
        let dipTested = look.isSpread || !look.atoms.isEmpty ? Dip.of(tested) : dip
        let coarse = valleys.pValue(valleys.deepest(isFine: false, from: -.infinity, to: .infinity))
        let fine = valleys.pValue(valleys.deepest(isFine: true, from: -.infinity, to: .infinity))
        let found = min(coarse, fine) <= alpha ? valleys.cuts(in: tested, alpha: alpha) : (cuts: [], areFine: false)
        cuts = found.cuts
        // Of fine windows only what makes many branches counts.
        let pValue = found.areFine ? min(coarse, fine) : coarse
        modes = Modes(
            branches: look.branches(cuts: cuts), atoms: look.atoms, dip: dip, dipTested: dipTested, pValue: pValue)
    }
}

extension Modes {
    package init(of sketch: Sketch, alpha: Double) {
        self = withDefaultFloatingPoint { Evidence(sketch, alpha: alpha).modes }
    }
}
