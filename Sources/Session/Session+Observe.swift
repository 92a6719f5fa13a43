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
            let spending = self.spending ?? AlphaSpending(alpha: options.alpha, tensors: tensors.count)
            self.spending = spending

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
            publish(states, looks, batch: batch, step: step, start: start)
        }
    }

    private func publish(
        _ states: [TensorState], _ looks: [TensorLook], batch: [Observation], step: Int, start: Double
    ) {
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
            for observation in batch { tallies.count(observation.buffer) }
            tallies.looks += 1
            budget.spendLook(now - start, step: step, now: now)
        }
        writing?.append(.look(LookRecord(step: step, time: Clock.wall(), seconds: now - start, tensors: looks)))
    }

    private static func check(step: Int) throws(SessionError) {
        if step < 0 { throw SessionError(.step, "Step \(step) is negative: steps count updates, from 0.") }
    }

    private func check(step: Int, _ batch: [Observation]) throws(SessionError) {
        try Self.check(step: step)
        if let last = self.step, step < last {
            throw SessionError(
                .step, "Step \(step) comes after step \(last): steps go up. Call rewind(\(step - 1)) first to go back.")
        }
        var isInBatch = [Bool](repeating: false, count: tensors.count)
        for observation in batch {
            guard tensors.indices.contains(observation.tensor) else {
                throw SessionError(
                    .unknown, "No tensor has the number \(observation.tensor): \(tensors.count) are registered.")
            }
            let state = tensors[observation.tensor]
            if isInBatch[observation.tensor] {
                throw SessionError(.duplicate, "Tensor \"\(state.record.name)\" occurs twice in the batch of step \(step).")
            }
            isInBatch[observation.tensor] = true
            try Self.check(observation.buffer, state, step: step)
        }
    }

    private static func check(_ buffer: ElementBuffer, _ state: TensorState, step: Int) throws(SessionError) {
        let record = state.record
        if buffer.type != record.type {
            throw SessionError(
                .type, "Tensor \"\(record.name)\" was registered as \(record.type) but arrives as \(buffer.type).")
        }
        if buffer.count != state.elementCount {
            throw SessionError(
                .shape,
                "Tensor \"\(record.name)\" of shape \(record.shape) has \(state.elementCount) elements, "
                    + "but \(buffer.count) arrive.")
        }
        if buffer.start == nil && buffer.count > 0 {
            throw SessionError(
                .argument, "Tensor \"\(record.name)\" arrives with \(buffer.count) elements at a null pointer.")
        }
        if let last = state.step, step <= last {
            throw SessionError(
                .step, "Tensor \"\(record.name)\" was observed at step \(last) already; step \(step) does not come after it.")
        }
    }
}

extension TensorState {
    /// Reads the buffer, tests what it holds for forks, and becomes the state after this look.
    fileprivate mutating func look(
        at buffer: ElementBuffer, step: Int, exactLimit: Int, spending: AlphaSpending, keepsSketch: Bool,
        scratch: Scratch
    ) -> TensorLook {
        var sketch = Sketch(exactLimit: exactLimit, origin: origin)
        sketch.update(buffer, scratch: scratch)
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
