import Checkpoints
import Kernels

/// The fact "source" of a run that is made of checkpoints.
package let checkpointSource = "checkpoints"

extension Session {
    /// Looks at all tensors of a checkpoint after `step` updates: as if they had been in memory, to the last bit. After an error
    /// nothing has been observed.
    ///
    /// Tensors with names that are new are registered. What is not read, or has another shape or dtype than before, is a gap.
    package func observe(step: Int, _ checkpoint: Checkpoint) throws(SessionError) {
        let start = Clock.monotonic()
        let sources = try known(checkpoint.tensors, step: step)
        try change { () throws(SessionError) in
            try refuseWhileReading("The checkpoint of step \(step) cannot be looked at")
            try check(step: step)
            if sources.isEmpty { return }
            for source in sources {
                try tensors[source.tensor].check(step: step)
                awaited.remove(source.tensor)
            }
            let reading = CheckpointReading(
                step: step, exactLimit: options.exactLimit, spending: beginSpending(),
                tensors: sources.map { (tensors[$0.tensor], $0.source) })
            let found = try reading.read(by: readers)
            do throws(CheckpointError) {
                try checkpoint.refuseIfChanged()
            } catch {
                throw SessionError(error)
            }
            publish(found, step: step, offered: found.facts.count, start: start)
        }
        deliverEvents()
    }

    /// The same, of the checkpoint at a path.
    package func observe(step: Int, checkpointAt path: String) throws(SessionError) {
        try refuseInChild()
        let checkpoint: Checkpoint
        do throws(CheckpointError) {
            checkpoint = try Checkpoint(path: path)
        } catch {
            throw SessionError(error)
        }
        try observe(step: step, checkpoint)
    }

    /// Notes in the run file that the run is made of checkpoints, and as gaps what lies beside them and was left out.
    package func noteSource(_ series: CheckpointSeries) throws(SessionError) {
        try change { () throws(SessionError) in writing?.append(.fact(key: "source", value: checkpointSource)) }
        for (path, reason) in series.leftOut { try addGapOnce(name: path, reason: reason) }
    }

    /// The tensors that can be looked at, with their numbers.
    private func known(
        _ sources: [CheckpointTensor], step: Int
    ) throws(SessionError) -> [(tensor: Int, source: CheckpointTensor)] {
        var known: [(Int, CheckpointTensor)] = []
        for source in sources {
            let stored = source.stored
            guard let type = stored.type else {
                try addGapOnce(name: stored.name, reason: stored.reasonNotRead ?? "")
                continue
            }
            if let id = try? tensor(named: stored.name) {
                let record = try query { () throws(SessionError) in tensors[id].record }
                if record.type == type && record.shape == stored.shape {
                    known.append((id, source))
                } else {
                    try addGapOnce(
                        name: stored.name,
                        reason: "from step \(step) on it is \(type) of shape \(stored.shape), before \(record.type) of shape \(record.shape)")
                }
            } else {
                known.append((try register(name: stored.name, type: type, shape: stored.shape, isFrozen: false), source))
            }
        }
        return known
    }

    private func addGapOnce(name: String, reason: String) throws(SessionError) {
        let isKnown = try query { () throws(SessionError) in gaps.contains { $0.name == name } }
        if !isKnown { try addGap(name: name, reason: reason) }
    }
}
