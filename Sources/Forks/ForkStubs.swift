import Sketches

extension Modes {
    /// Tests one look. `alpha` is the significance asked for.
    package init(of sketch: Sketch, alpha: Double) { fatalError() }
}

/// How the run's alpha is spent over tensors and looks, with neither number known in advance.
package struct AlphaSpending: Sendable {
    package init(alpha: Double, tensors: Int) { fatalError() }
    /// The significance of the `look`-th look (1, 2, …) at one of the first `tensors` tensors (`late` nil), or at the
    /// `late`-th (1, 2, …) tensor that was registered after the run had begun.
    package func significance(look: Int, late: Int?) -> Double { fatalError() }
}

/// Follows one tensor over the looks of a run.
package struct ForkTracker: Sendable {
    package init() {}
    /// Takes the next look; `alpha` is this look's share. Steps ascend.
    package mutating func observe(_ sketch: Sketch, step: Int, alpha: Double) -> (modes: Modes, events: [ForkEvent]) { fatalError() }
    /// The branches the tensor has now: one if it is not forked, none before the first look.
    package var branches: [Branch] { fatalError() }
    package var isForked: Bool { fatalError() }
    /// After a rewind to `step`: forget what came later as far as events are concerned.
    package mutating func rewind(to step: Int) { fatalError() }
}
