import Forks
import Kernels
import RunFile
import Sketches

/// A tensor's values now, or a piece of them, as the caller hands them over.
package struct Observation {
    package let tensor: Int
    package let buffer: ElementBuffer

    package init(tensor: Int, buffer: ElementBuffer) {
        self.tensor = tensor
        self.buffer = buffer
    }
}

extension Session {
    /// Looks at a batch of tensors, as far as they are due: all of it, or after an error nothing.
    package func observe(step: Int, _ batch: [Observation]) throws(SessionError) {
        let start = Clock.monotonic()
        try change { () throws(SessionError) in
            guard let reading = try prepare(step: step, batch) else { return }
            publish(reading.read(by: readers), step: step, offered: reading.offered, start: start)
        }
        deliverEvents()
    }

    /// Checks a batch, and says how it is to be read; nil if there is nothing to read. Under `calls`.
    func prepare(step: Int, _ batch: [Observation]) throws(SessionError) -> BatchReading? {
        try refuseWhileReading("Step \(step) cannot be observed")
        try check(step: step, batch)
        let offered = grouped(batch)
        let due = planned(offered, step: step)
        if due.isEmpty { return nil }
        return BatchReading(
            step: step, exactLimit: options.exactLimit, spending: beginSpending(), offered: offered.count, tensors: due)
    }

    /// Each tensor of a batch with its pieces, which follow each other.
    private func grouped(_ batch: [Observation]) -> [TensorReading] {
        let buffers = batch.map(\.buffer)
        var result: [TensorReading] = []
        result.reserveCapacity(batch.count)
        var from = 0
        for to in batch.indices where to + 1 == batch.count || batch[to + 1].tensor != batch[to].tensor {
            result.append(TensorReading(state: tensors[batch[to].tensor], pieces: buffers[from...to], share: 1, isTested: true))
            from = to + 1
        }
        return result
    }

    /// The plan by which alpha is spent, made for the tensors that are known at the first look.
    func beginSpending() -> AlphaSpending {
        if let spending { return spending }
        let tested = max(1, tensors.count { !$0.isExempt })
        let begun = AlphaSpending(alpha: options.alpha, tensors: tested)
        spending = begun
        writing?.append(.fact(key: "alpha_tensors", value: "\(tested)"))
        return begun
    }

    /// Makes what a batch of looks has found what queries see, and hands it to the run file. Under `calls`.
    ///
    /// - Parameters:
    ///   - offered: how many tensors the caller handed over.
    ///   - start: when the caller's thread began to spend time on it, of time that counts.
    ///   - overlapped: seconds for which threads of the library's own read while the caller went on.
    func publish(
        _ looked: consuming BatchLooks, step: Int, offered: Int, start: Double, overlapped: Double = 0
    ) {
        var found = looked
        publishPendingGroups(before: step)
        let groups = lookAtGroups(after: found, step: step)
        let events = found.events + groups.events
        appendFollowed(found)
        let now = Clock.monotonic()
        lock.withLock {
            self.step = step
            // The states before are let go of when nobody waits for the lock.
            for i in found.facts.indices { swap(&tensors[found.facts[i].tensor], &found.states[i]) }
            for i in groups.facts.indices { tensors[groups.facts[i].tensor] = groups.states[i] }
            self.events += events
            tallies.count(found.facts, offered: offered)
            budget.spendLook(now - start, step: step, now: now)
        }
        planner.looked(at: found.facts + groups.facts, step: step, seconds: now - start)
        writing?.append(
            .look(
                LookRecord(
                    step: step, time: Clock.wall(), seconds: now - start, overlapped: overlapped, offered: offered,
                    tensors: found.looks, groups: groups.looks)))
    }

    static func check(step: Int) throws(SessionError) {
        if step < 0 { throw SessionError(.step, "Step \(step) is negative: steps count updates, from 0.") }
        // So that no difference of two steps can overflow.
        if step > Int.max / 2 {
            throw SessionError(.step, "Step \(step) is more than any trainer makes: steps count updates, from 0.")
        }
    }

    /// Whether the session may look at a step.
    func check(step: Int) throws(SessionError) {
        try Self.check(step: step)
        if let last = self.step, step < last {
            throw SessionError(
                .step, "Step \(step) comes after step \(last): steps go up. Call rewind(\(step - 1)) first to go back.")
        }
    }

    private func check(step: Int, _ batch: [Observation]) throws(SessionError) {
        try check(step: step)
        var isInBatch = [Bool](repeating: false, count: tensors.count)
        var from = 0
        for (to, observation) in batch.enumerated() {
            guard tensors.indices.contains(observation.tensor) else {
                throw SessionError(
                    .unknown, "No tensor has the number \(observation.tensor): \(tensors.count) are registered.")
            }
            try check(observation)
            if to + 1 < batch.count && batch[to + 1].tensor == observation.tensor { continue }
            let pieces = batch[from...to]
            from = to + 1
            // Wrapping is no danger: a count is at most 2^56, and a batch that makes them wrap would not fit into memory.
            let count = pieces.reduce(0) { $0 &+ $1.buffer.count }
            let isTwice =
                isInBatch[observation.tensor]
                || count != tensors[observation.tensor].elementCount
                    && (batch[from...].contains { $0.tensor == observation.tensor } || pieces.contains { isWhole($0) })
            if isTwice {
                let name = tensors[observation.tensor].record.name
                throw SessionError(
                    .duplicate,
                    "Tensor \"\(name)\" occurs twice in the batch of step \(step): the pieces of a tensor must follow each other "
                        + "and make up the whole together.")
            }
            isInBatch[observation.tensor] = true
            try check(count, of: observation.tensor, in: pieces.count, step: step)
        }
    }

    /// What must hold for each piece.
    private func check(_ observation: Observation) throws(SessionError) {
        let (id, buffer) = (observation.tensor, observation.buffer)
        // Figure by figure: to name a state copies it.
        let isRight = tensors[id].members == nil && tensors[id].record.type == buffer.type && (buffer.start != nil || buffer.count == 0)
        if isRight { return }
        let record = tensors[id].record
        if tensors[id].isGroup {
            throw SessionError(.argument, "\"\(record.name)\" is a group: hand over its members, and it is looked at with them.")
        }
        if buffer.type != record.type {
            throw SessionError(
                .type, "Tensor \"\(record.name)\" was registered as \(record.type) but arrives as \(buffer.type).")
        }
        throw SessionError(
            .argument, "Tensor \"\(record.name)\" arrives with \(buffer.count) elements at a null pointer.")
    }

    /// What must hold for all pieces of a tensor together.
    func check(_ count: Int, of tensor: Int, in pieces: Int, step: Int) throws(SessionError) {
        let expected = tensors[tensor].elementCount
        if count != expected {
            let record = tensors[tensor].record
            throw SessionError(
                .shape,
                "Tensor \"\(record.name)\" of shape \(record.shape) has \(expected) elements, but \(count) arrive"
                    + (pieces > 1 ? " in \(pieces) pieces." : "."))
        }
        if let last = tensors[tensor].step, step <= last { try tensors[tensor].check(step: step) }
    }

    private func isWhole(_ observation: Observation) -> Bool {
        let count = observation.buffer.count
        return count == tensors[observation.tensor].elementCount && count > 0
    }
}

extension TensorState {
    func check(step: Int) throws(SessionError) {
        if let last = self.step, step <= last {
            throw SessionError(
                .step, "Tensor \"\(record.name)\" was observed at step \(last) already; step \(step) does not come after it.")
        }
    }

    /// Tests a look for forks, and becomes the state after it.
    ///
    /// - Parameter feed: has sums along the axes read the tensor once more; nil if it is not at hand. False if that fails.
    mutating func take(
        _ sketch: Sketch, step: Int, spending: AlphaSpending, feed: ((inout AxisSums) -> Bool)? = nil
    ) -> TensorLook {
        if looks == 0, sketch.finiteCount > 0, sketch.min == sketch.max, sketch.min != 0 {
            origin = sketch.min
        }
        looks += 1
        let (modes, events) = follow(
            sketch, step: step, alpha: spending.significance(look: looks, late: late)
        ) { [record, elementCount] cut in
            // The first axis against all others: rows are output units, embedded tokens, filters.
            guard record.shape.count >= 2, elementCount > 0, let feed else { return nil }
            var sums = AxisSums(count: elementCount, columns: elementCount / record.shape[0], cut: cut)
            return feed(&sums) ? sums : nil
        }
        self.sketch = sketch
        self.sample = nil
        self.step = step
        let keepsSketch = cadence.keeps(step: step)
        return TensorLook(
            tensor: record.id, sketch: sketch, keepsSketch: keepsSketch || !events.isEmpty, modes: modes,
            branches: branches, events: events,
            progress: TensorProgress(
                looks: looks, late: late, origin: origin, significant: tracker.lastSignificant,
                quiet: tracker.lastQuiet, pointMass: tracker.pointMass))
    }

    /// Whether a look has something to tell that must not wait until fork tests are due.
    func mustTest(_ sketch: Sketch) -> Bool {
        guard !isExempt, let before = self.sketch, looks > 0 else { return true }
        let isNews = sketch.finiteCount < sketch.count && before.finiteCount == before.count
        return isNews || sketch.min == sketch.max || before.min == before.max
    }

    /// Becomes the state after a look of which nothing is tested.
    ///
    /// - Parameter sample: which part of the tensor was read; nil for all of it.
    mutating func take(untested sketch: Sketch, _ sample: BlockSample? = nil, step: Int) -> TensorLook {
        self.sketch = sketch
        self.sample = sample
        wasSampled = wasSampled || sample != nil
        self.step = step
        return TensorLook(
            tensor: record.id, sketch: sketch, keepsSketch: cadence.keeps(step: step), sample: sample, modes: nil,
            branches: tracker.branches, events: [])
    }
}
