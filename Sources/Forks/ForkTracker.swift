import Kernels
import Sketches

/// Follows the shape of one tensor's distribution over the looks of a run.
///
/// One significant look makes a fork: noise persists as well as signal does, so more of them would prove nothing. What a fork has
/// once is held until it is surely gone, see `follow`.
package struct ForkTracker: Sendable {
    /// A split or merge of branches lighter than this is a birth or death.
    package static let minorMass = 0.02
    /// A split fewer updates than this after the tensor was constant is the optimiser's.
    package static let optimizerUpdates = 128
    /// A tensor is frozen once it has not changed for so many updates and looks.
    package static let frozenUpdates = 128
    package static let frozenLooks = 8

    /// The branches that are followed, ascending: one unless the tensor is forked, none before the first finite value.
    package private(set) var branches: [Branch] = []
    /// Where the present fork comes from.
    package private(set) var label = ForkEvent.Label.none
    package var isForked: Bool { branches.count > 1 }

    private var nextName = 1
    private var lastLook: Int?
    /// The last look at which all of the present branches were significant.
    package private(set) var lastSignificant: Int?
    /// The last look at which all values were equal.
    package private(set) var pointMass: Int?
    private var hasNonfinite = false
    private var stillness = Stillness()

    package init() {}

    /// Goes on with a tensor that has been followed before, as far as its events tell.
    ///
    /// - Parameters:
    ///   - events: of the tensor so far, in order.
    ///   - lastLook: the step of the last look at it; nil if there was none.
    ///   - lastSignificant, pointMass: what they were then; nil: not known.
    package init(resuming events: [ForkEvent], lastLook: Int?, lastSignificant: Int? = nil, pointMass: Int? = nil) {
        self.lastLook = lastLook
        for event in events {
            if !event.branches.isEmpty { branches = event.branches }
            nextName = max(nextName, 1 + (event.branches.map(\.name).max() ?? 0))
            switch event.kind {
            case .split, .birth:
                label = event.label
                if event.label == .optimizer { self.pointMass = self.pointMass ?? event.onsetAfter }
            case .established: label = .learned
            case .release: self.pointMass = event.onsetAfter
            case .nonfinite: hasNonfinite = true
            case .merge, .death, .frozen: break
            }
        }
        if isForked { self.lastSignificant = lastSignificant.flatMap { last in lastLook.map { min(last, $0) } } ?? lastLook }
        if !isForked { label = .none }
        self.pointMass = pointMass.flatMap { last in lastLook.map { min(last, $0) } } ?? self.pointMass
    }

    /// Takes in a look.
    ///
    /// - Parameters:
    ///   - step: later than that of the look before.
    ///   - alpha: the significance of this look, see `AlphaSpending`.
    /// - Returns: what this look alone shows, and what has happened.
    package mutating func observe(_ sketch: Sketch, step: Int, alpha: Double) -> (modes: Modes, events: [ForkEvent]) {
        let evidence = Evidence(sketch, alpha: alpha)
        var events: [ForkEvent] = []
        func add(_ kind: ForkEvent.Kind, _ label: ForkEvent.Label = .none, after: Int?, _ branches: [Branch]) {
            events.append(
                ForkEvent(
                    kind: kind, label: label, step: step, onsetAfter: after, onsetBy: step, dip: evidence.modes.dipTested,
                    pValue: evidence.modes.pValue, branches: branches))
        }
        defer { lastLook = step }

        let isNonfinite = sketch.finiteCount < sketch.count
        if isNonfinite && !hasNonfinite { add(.nonfinite, after: lastLook, branches) }
        hasNonfinite = isNonfinite || hasNonfinite
        guard sketch.finiteCount > 0 else { return (evidence.modes, events) }

        if let since = stillness.observe(sketch, step: step) { add(.frozen, after: since, branches) }
        let isPoint = sketch.min == sketch.max
        let wasPoint = pointMass != nil && pointMass == lastLook
        let cuts = isForked ? follow(evidence, alpha: alpha) : evidence.cuts
        let lineage = Lineage(from: branches, to: evidence.look.branches(cuts: cuts), nextName: nextName)
        let before = branches
        branches = lineage.branches
        nextName = lineage.nextName

        if before.isEmpty || branches.count > before.count {
            if branches.count > 1 {
                label = origin(evidence, step: step)
                let heaviest = lineage.created.compactMap { name in branches.first { $0.name == name }?.mass }.max() ?? 1
                add(heaviest < Self.minorMass ? .birth : .split, label, after: lastLook, branches)
            }
        } else if branches.count < before.count {
            let heaviest = lineage.vanished.compactMap { name in before.first { $0.name == name }?.mass }.max() ?? 1
            add(heaviest < Self.minorMass ? .death : .merge, after: lastSignificant ?? lastLook, branches)
            if !isForked { label = .none }
        } else if wasPoint && !isPoint && !isForked {
            add(.release, after: lastLook, branches)
        }
        if isPoint { pointMass = step }
        if isForked && evidence.modes.branches.count >= branches.count { lastSignificant = step }
        if label == .optimizer, isForked, lastSignificant == step, !isOptimizers(step) {
            label = Comb.holds(evidence.look, branches: branches) ? .lattice : .learned
            if label == .learned { add(.established, .learned, after: lastLook, branches) }
        }
        return (evidence.modes, events)
    }

    /// Where a split that this look shows first comes from.
    private func origin(_ evidence: Evidence, step: Int) -> ForkEvent.Label {
        if isOptimizers(step) { return .optimizer }
        if Pruning.holds(evidence.look) { return .pruned }
        return Comb.holds(evidence.look, branches: branches) ? .lattice : .learned
    }

    /// Whether the tensor was constant so few updates ago that a split is the optimiser's arithmetic.
    private func isOptimizers(_ step: Int) -> Bool {
        pointMass.map { step - $0 < Self.optimizerUpdates } ?? false
    }
}
