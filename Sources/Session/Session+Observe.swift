import Forks
import Kernels
import RunFile
import Sketches

/// A tensor's values now, as the caller hands them over.
package struct Observation {
    package let tensor: Int
    package let buffer: ElementBuffer

    package init(tensor: Int, buffer: ElementBuffer) {
        self.tensor = tensor
        self.buffer = buffer
    }
}

extension Session {
    /// Whether `step` should be looked at; a no is counted and written down.
    package func isDue(step: Int) throws(SessionError) -> Bool {
        try change { () throws(SessionError) -> Bool in
            try Self.check(step: step)
            let isDue = budget.isDue(step: step, now: Clock.monotonic())
            if !isDue {
                lock.withLock { tallies.looksLeftOut += 1 }
                writing?.append(.leftOut(step: step))
            }
            return isDue
        }
    }

    /// Looks at a batch of tensors: all of it, or after an error nothing.
    package func observe(step: Int, _ batch: [Observation]) throws(SessionError) {
        let start = Clock.monotonic()
        try change { () throws(SessionError) in
            try check(step: step, batch)
            if batch.isEmpty { return }
            let spending = beginSpending()

            var states: [TensorState] = []
            var looks: [TensorLook] = []
            states.reserveCapacity(batch.count)
            looks.reserveCapacity(batch.count)
            let keepsSketches = cadence.keeps(step: step)
            ScratchPool.shared.withScratch { scratch in
                for observation in batch {
                    var state = tensors[observation.tensor]
                    looks.append(
                        state.look(
                            at: observation.buffer, step: step, exactLimit: options.exactLimit, spending: spending,
                            keepsSketch: keepsSketches, scratch: scratch))
                    states.append(state)
                }
            }
            publish(states, looks, step: step, start: start)
        }
    }

    /// The plan by which alpha is spent, made for the tensors that are known at the first look.
    func beginSpending() -> AlphaSpending {
        let spending = self.spending ?? AlphaSpending(alpha: options.alpha, tensors: tensors.count)
        self.spending = spending
        return spending
    }

    /// Makes the states after a batch of looks what queries see, and hands the looks to the run file.
    func publish(_ states: [TensorState], _ looks: [TensorLook], step: Int, start: Double) {
        self.step = step
        let found = looks.flatMap { look in
            look.events.map {
                SessionEvent(tensor: look.tensor, event: $0, text: $0.text(tensor: tensors[look.tensor].record.name))
            }
        }
        let now = Clock.monotonic()
        lock.withLock {
            for state in states { tensors[state.record.id] = state }
            events += found
            for state in states { tallies.count(state) }
            tallies.looks += 1
            budget.spendLook(now - start, step: step, now: now)
        }
        writing?.append(.look(LookRecord(step: step, time: Clock.wall(), seconds: now - start, tensors: looks)))
    }

    private static func check(step: Int) throws(SessionError) {
        if step < 0 { throw SessionError(.step, "Step \(step) is negative: steps count updates, from 0.") }
    }

    private func check(step: Int, _ batch: [Observation]) throws(SessionError) {
        try check(step: step, tensors: batch.lazy.map(\.tensor))
        for observation in batch { try Self.check(observation.buffer, tensors[observation.tensor]) }
    }

    /// Whether these tensors may be looked at now, all at once.
    func check(step: Int, tensors batch: some Sequence<Int>) throws(SessionError) {
        try Self.check(step: step)
        if let last = self.step, step < last {
            throw SessionError(
                .step, "Step \(step) comes after step \(last): steps go up. Call rewind(\(step - 1)) first to go back.")
        }
        var isInBatch = [Bool](repeating: false, count: tensors.count)
        for tensor in batch {
            guard tensors.indices.contains(tensor) else {
                throw SessionError(.unknown, "No tensor has the number \(tensor): \(tensors.count) are registered.")
            }
            let name = tensors[tensor].record.name
            if isInBatch[tensor] {
                throw SessionError(.duplicate, "Tensor \"\(name)\" occurs twice in the batch of step \(step).")
            }
            isInBatch[tensor] = true
            if let last = tensors[tensor].step, step <= last {
                throw SessionError(
                    .step, "Tensor \"\(name)\" was observed at step \(last) already; step \(step) does not come after it.")
            }
        }
    }

    /// Whether what arrives is what was registered.
    static func check(type: ElementType, count: Int, _ state: TensorState) throws(SessionError) {
        let record = state.record
        if type != record.type {
            throw SessionError(
                .type, "Tensor \"\(record.name)\" was registered as \(record.type) but arrives as \(type).")
        }
        if count != state.elementCount {
            throw SessionError(
                .shape,
                "Tensor \"\(record.name)\" of shape \(record.shape) has \(state.elementCount) elements, "
                    + "but \(count) arrive.")
        }
    }

    private static func check(_ buffer: ElementBuffer, _ state: TensorState) throws(SessionError) {
        try check(type: buffer.type, count: buffer.count, state)
        let record = state.record
        if buffer.start == nil && buffer.count > 0 {
            throw SessionError(
                .argument, "Tensor \"\(record.name)\" arrives with \(buffer.count) elements at a null pointer.")
        }
    }
}

extension TensorState {
    /// Reads the buffer and takes what it holds.
    fileprivate mutating func look(
        at buffer: ElementBuffer, step: Int, exactLimit: Int, spending: AlphaSpending, keepsSketch: Bool,
        scratch: Scratch
    ) -> TensorLook {
        var sketch = Sketch(exactLimit: exactLimit, origin: origin)
        sketch.update(buffer, scratch: scratch)
        return take(sketch, step: step, spending: spending, keepsSketch: keepsSketch)
    }

    /// Tests what a look has found for forks, and becomes the state after it.
    mutating func take(_ sketch: Sketch, step: Int, spending: AlphaSpending, keepsSketch: Bool) -> TensorLook {
        if looks == 0, sketch.finiteCount > 0, sketch.min == sketch.max, sketch.min != 0 {
            origin = sketch.min
        }
        looks += 1
        let (modes, events) = tracker.observe(
            sketch, step: step, alpha: spending.significance(look: looks, late: late))
        self.sketch = sketch
        self.step = step
        return TensorLook(
            tensor: record.id, sketch: sketch, keepsSketch: keepsSketch || !events.isEmpty, modes: modes,
            branches: tracker.branches, events: events)
    }
}
