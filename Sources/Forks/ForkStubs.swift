import Sketches

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

    package init(resuming events: [ForkEvent], lastLook: Int?) {}
}

extension ForkEvent { package func text(tensor: String) -> String { tensor } }
extension Branch { package var text: String { "\(position)" } }
