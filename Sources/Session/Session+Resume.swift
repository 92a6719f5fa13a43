import Forks
import Glibc
import Kernels
import RunFile

/// A run that was begun before, by this process or another, goes on.
extension Session {
    /// Becomes what the session was at the last look in the run file. Before any other call.
    func restore(_ history: RunHistory) {
        step = history.step
        if let alpha = history.facts["alpha_tensors"].flatMap({ Int($0) }) {
            spending = AlphaSpending(alpha: options.alpha, tensors: alpha)
        }
        events = history.events.map { SessionEvent(tensor: $0.tensor, event: $0.event, text: $0.text) }
        let byTensor = Dictionary(grouping: history.events, by: \.tensor)
        tensors = history.tensors.map { tensor in
            TensorState(
                resuming: tensor, events: byTensor[tensor.record.id]?.map(\.event) ?? [], step: history.step, options)
        }
        for group in history.groups where tensors.indices.contains(group.tensor) {
            groups.append(TensorGroup(name: group.name, pattern: group.pattern, tensor: group.tensor))
            tensors[group.tensor].members = NamePattern(group.pattern)
            tensors[group.tensor].paths = nil
        }
        awaitedGroups = Set(groups.map(\.tensor))
        for state in tensors {
            ids[state.record.name] = state.record.id
            planner.add(bytes: state.elementCount * state.record.type.byteCount)
        }
        awaited = Set(tensors.indices).subtracting(awaitedGroups)
        lateTensors = tensors.compactMap(\.late).max() ?? 0
        let resumed = (Int(history.facts["resumed"] ?? "") ?? 0) + 1
        for (key, value) in [
            ("resumed", "\(resumed)"), ("finished", "no"), ("pid", "\(getpid())"), ("library_version", libraryVersion),
            ("paths", "\(options.paths)"), ("seed", "\(options.seed)"),
        ] {
            writing?.append(.fact(key: key, value: value))
        }
    }

    /// Takes up a tensor of the run file again. Under `calls`.
    func claim(_ id: Int, type: ElementType, shape: [Int]) throws(SessionError) {
        let record = tensors[id].record
        if record.type != type {
            throw SessionError(
                .type,
                "Tensor \"\(record.name)\" is \(record.type) in the run that is resumed but \(type) now: begin another run file.")
        }
        if record.shape != shape {
            throw SessionError(
                .shape,
                "Tensor \"\(record.name)\" has shape \(record.shape) in the run that is resumed but \(shape) now: begin another "
                    + "run file.")
        }
        awaited.remove(id)
    }
}

extension TensorState {
    /// - Parameter step: the last of the run, which may have gone back since the last look at the tensor.
    fileprivate init(
        resuming tensor: RunHistory.Tensor, events: [ForkEvent], step: Int?, _ options: SessionOptions
    ) {
        let count = tensor.record.shape.reduce(1, *)
        self.init(
            record: tensor.record, elementCount: count, late: tensor.last?.progress.late,
            paths: options.paths(of: tensor.record.name, count: count, lastKept: tensor.pathStep))
        guard let last = tensor.last, let step else { return }
        self.step = min(last.step, step)
        looks = last.progress.looks
        cadence = SketchCadence(lastKept: tensor.sketchStep)
        origin = last.progress.origin
        tracker = ForkTracker(
            resuming: events, lastLook: self.step, branches: tensor.branches, lastSignificant: last.progress.significant,
            lastQuiet: last.progress.quiet, pointMass: last.progress.pointMass)
    }
}
