import Sketches

extension Modes {
    /// Tests one look. `alpha` is the significance asked for.
    package init(of sketch: Sketch, alpha: Double) {
        let whole = Branch(position: sketch.quantile(0.5), mass: 1, lower: sketch.min, upper: sketch.max)
        self.init(
            branches: sketch.finiteCount == 0 ? [] : [whole], atoms: [], dip: .nan, dipTested: .nan, pValue: 1)
    }
}

/// How the run's alpha is spent over tensors and looks, with neither number known in advance.
package struct AlphaSpending: Sendable {
    package init(alpha: Double, tensors: Int) {}
    package func significance(look: Int, late: Int?) -> Double { 1e-6 }
}

/// Follows one tensor over the looks of a run.
package struct ForkTracker: Sendable {
    package init() {}
    package mutating func observe(_ sketch: Sketch, step: Int, alpha: Double) -> (modes: Modes, events: [ForkEvent]) {
        let modes = Modes(of: sketch, alpha: alpha)
        branches = modes.branches
        return (modes, [])
    }
    package private(set) var branches: [Branch] = []
    package var isForked: Bool { false }
    package mutating func rewind(to step: Int) {}
}

extension ForkEvent { package func text(tensor: String) -> String { tensor } }
extension Branch { package var text: String { "\(position)" } }
