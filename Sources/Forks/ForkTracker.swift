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
    /// Along which axis the present fork ran when that was last looked at.
    package private(set) var structure = Structure()

    private var nextName = 0
    private var lastLook: Int?
    /// The last look that was surely of one mode, see `isQuiet`, or the first since which it was not forked: after which a fork may
    /// have begun.
    package private(set) var lastQuiet: Int?
    /// The last look at which all of the present branches were significant.
    package private(set) var lastSignificant: Int?
    /// The last look at which all values were equal.
    package private(set) var pointMass: Int?
    /// Whether fine windows are looked at, see `WindowCounts`. Not for a union of tensors: each may have a narrow peak of its own.
    package var isFine = true
    /// Of a group: the last step at which all values of a member were equal that no longer are.
    package var membersPointMass: Int?
    private var hasNonfinite = false
    /// The structure is looked at again from this step on.
    private var nextStructure = 0
    /// The last look at which it was looked at.
    private var lastStructure: Int?
    private var stillness = Stillness()

    package init() {}

    /// Goes on with a tensor that has been followed before, as far as its events tell.
    ///
    /// - Parameters:
    ///   - events: of the tensor so far, in order.
    ///   - lastLook: the step of the last look at it; nil if there was none.
    ///   - now: the branches at that look; empty if they are not known.
    ///   - lastSignificant, lastQuiet, pointMass: what they were then; nil: not known.
    package init(
        resuming events: [ForkEvent], lastLook: Int?, branches now: [Branch] = [], lastSignificant: Int? = nil,
        lastQuiet: Int? = nil, pointMass: Int? = nil
    ) {
        self.lastLook = lastLook
        for event in events {
            if !event.branches.isEmpty { branches = event.branches }
            nextName = max(nextName, 1 + (event.branches.map(\.name).max() ?? -1))
            if event.structure.axis != .none { structure = event.structure }
            switch event.kind {
            case .split, .birth:
                label = event.label
                if event.label == .optimizer { self.pointMass = self.pointMass ?? event.onsetAfter }
            case .established: label = .learned
            case .release: self.pointMass = event.onsetAfter
            case .nonfinite: hasNonfinite = true
            case .merge, .death, .frozen, .turn, .drift: break
            }
        }
        // Since the last event they have moved.
        if isForked && now.count > 1 {
            branches = now
            nextName = max(nextName, 1 + (now.map(\.name).max() ?? -1))
        }
        if isForked {
            self.lastSignificant = lastSignificant.flatMap { last in lastLook.map { min(last, $0) } } ?? lastLook
        } else {
            end()
            self.lastQuiet = lastQuiet.flatMap { last in lastLook.map { min(last, $0) } } ?? lastLook
        }
        self.pointMass = pointMass.flatMap { last in lastLook.map { min(last, $0) } } ?? self.pointMass
    }

    /// Takes in a look.
    ///
    /// - Parameters:
    ///   - step: later than that of the look before.
    ///   - alpha: the significance of this look, see `AlphaSpending`.
    ///   - axisSums: reads the tensor once more, with a cut; nil if it is no matrix. Called when a fork is found and, while it
    ///     lasts, at steps that grow by a quarter.
    /// - Returns: what this look alone shows, and what has happened.
    package mutating func observe(
        _ sketch: Sketch, step: Int, alpha: Double, axisSums: (_ cut: Double) -> AxisSums? = { _ in nil }
    ) -> (modes: Modes, events: [ForkEvent]) {
        let evidence = Evidence(sketch, alpha: alpha, isFine: isFine)
        var events: [ForkEvent] = []
        func add(_ kind: ForkEvent.Kind, _ label: ForkEvent.Label = .none, after: Int?, _ branches: [Branch]) {
            events.append(
                ForkEvent(
                    kind: kind, label: label, step: step, onsetAfter: after, onsetBy: step, dip: evidence.modes.dipTested,
                    pValue: evidence.modes.pValue, branches: branches, structure: structure))
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

        // The teeth of an optimiser's comb come and go: it is one fork.
        let isComb = before.count > 1 && branches.count > 1 && (label == .optimizer || label == .lattice)
        if isComb {
            // Nothing to tell.
        } else if before.isEmpty || branches.count > before.count {
            if branches.count > 1 {
                lookAtStructure(step, axisSums)
                label = origin(evidence, step: step)
                let heaviest = lineage.created.compactMap { name in branches.first { $0.name == name }?.mass }.max() ?? 1
                let after = before.count > 1 ? lastLook : lastQuiet ?? lastLook
                add(heaviest < Self.minorMass ? .birth : .split, label, after: after, branches)
            }
        } else if branches.count < before.count {
            let heaviest = lineage.vanished.compactMap { name in before.first { $0.name == name }?.mass }.max() ?? 1
            add(heaviest < Self.minorMass ? .death : .merge, after: lastSignificant ?? lastLook, branches)
            if !isForked { end() }
        } else if wasPoint && !isPoint && !isForked {
            add(.release, after: lastLook, branches)
        }
        if isForked && step >= nextStructure {
            let (axis, after) = (structure.axis, lastStructure)
            lookAtStructure(step, axisSums)
            if axis != .none && structure.axis != axis { add(.turn, label, after: after, branches) }
        }
        if isPoint { pointMass = step }
        // Nothing is known of before the first look, nor was it forked since it merged.
        if !isForked && (lastQuiet == nil || isQuiet(evidence, sketch)) { lastQuiet = step }
        if isForked && evidence.modes.branches.count >= branches.count { lastSignificant = step }
        if label == .optimizer, isForked, lastSignificant == step, !isOptimizers(step) {
            label = Comb.holds(evidence.look, branches: branches) ? .lattice : .learned
            if label == .learned { add(.established, .learned, after: lastLook, branches) }
        }
        return (evidence.modes, events)
    }

    /// Forgets the fork that has just ended.
    private mutating func end() {
        lastQuiet = nil
        label = .none
        structure = Structure()
        nextStructure = 0
        lastStructure = nil
    }

    /// Looks along which axis the fork runs, cutting between the two heaviest branches.
    private mutating func lookAtStructure(_ step: Int, _ axisSums: (_ cut: Double) -> AxisSums?) {
        nextStructure = step + max(16, step / 4)
        let heaviest = branches.indices.sorted { branches[$0].mass > branches[$1].mass }.prefix(2).max() ?? 0
        guard let sums = axisSums(branches[heaviest].lower) else { return }
        structure = Structure(sums)
        lastStructure = step
    }

    /// Whether a look is surely of one mode: nowhere a trace of a valley, and an excess kurtosis significantly above −½, at which
    /// a balanced mixture of two Gaussians has its fork (a pitchfork has it at −0.81). So a fork is not dated by when there
    /// were enough values to be sure of it.
    private func isQuiet(_ evidence: Evidence, _ sketch: Sketch) -> Bool {
        if sketch.min == sketch.max { return true }
        let kurtosis = sketch.moments.excessKurtosis
        return evidence.modes.pValue >= 0.5
            && kurtosis - 2 * (24 / Double(sketch.finiteCount)).squareRoot() > -0.5
    }

    /// Where a split that this look shows first comes from.
    private func origin(_ evidence: Evidence, step: Int) -> ForkEvent.Label {
        if isOptimizers(step) { return .optimizer }
        if Pruning.holds(evidence.look) { return .pruned }
        return Comb.holds(evidence.look, branches: branches) ? .lattice : .learned
    }

    /// Whether the tensor was constant so few updates ago that a split is the optimiser's arithmetic.
    private func isOptimizers(_ step: Int) -> Bool {
        [pointMass, membersPointMass].contains { $0.map { step - $0 < Self.optimizerUpdates } ?? false }
    }
}
