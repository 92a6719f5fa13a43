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
            let spending = self.spending ?? beginSpending()

            let reading = BatchReading(
                step: step, exactLimit: options.exactLimit, spending: spending, keepsSketches: cadence.keeps(step: step),
                tensors: grouped(batch))
            publish(reading.read(by: readers), batch: batch, step: step, start: start)
        }
    }

    /// At the first look.
    private func beginSpending() -> AlphaSpending {
        let spending = AlphaSpending(alpha: options.alpha, tensors: tensors.count)
        self.spending = spending
        writing?.append(.fact(key: "alpha_tensors", value: "\(tensors.count)"))
        return spending
    }

    /// Each tensor of a batch with its pieces, which follow each other.
    private func grouped(_ batch: [Observation]) -> [(state: TensorState, pieces: ArraySlice<ElementBuffer>)] {
        let buffers = batch.map(\.buffer)
        var result: [(state: TensorState, pieces: ArraySlice<ElementBuffer>)] = []
        result.reserveCapacity(batch.count)
        var from = 0
        for to in batch.indices where to + 1 == batch.count || batch[to + 1].tensor != batch[to].tensor {
            result.append((tensors[batch[to].tensor], buffers[from...to]))
            from = to + 1
        }
        return result
    }

    private func publish(
        _ results: [(state: TensorState, look: TensorLook)], batch: [Observation], step: Int, start: Double
    ) {
        self.step = step
        let found = results.flatMap { result in
            result.look.events.map {
                SessionEvent(tensor: result.look.tensor, event: $0, text: $0.text(tensor: result.state.record.name))
            }
        }
        let now = Clock.monotonic()
        lock.withLock {
            for result in results { tensors[result.state.record.id] = result.state }
            events += found
            for observation in batch { tallies.count(observation.buffer) }
            tallies.looks += 1
            budget.spendLook(now - start, step: step, now: now)
        }
        writing?.append(
            .look(LookRecord(step: step, time: Clock.wall(), seconds: now - start, tensors: results.map(\.look))))
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
        var from = 0
        for (to, observation) in batch.enumerated() {
            guard tensors.indices.contains(observation.tensor) else {
                throw SessionError(
                    .unknown, "No tensor has the number \(observation.tensor): \(tensors.count) are registered.")
            }
            let state = tensors[observation.tensor]
            try Self.check(observation.buffer, state)
            if to + 1 < batch.count && batch[to + 1].tensor == observation.tensor { continue }
            let pieces = batch[from...to]
            from = to + 1
            // Wrapping is no danger: a count is at most 2^56, and a batch that makes them wrap would not fit into memory.
            let count = pieces.reduce(0) { $0 &+ $1.buffer.count }
            let isTwice =
                isInBatch[observation.tensor]
                || count != state.elementCount
                    && (batch[from...].contains { $0.tensor == observation.tensor } || pieces.contains { $0.isWhole(state) })
            if isTwice {
                throw SessionError(
                    .duplicate,
                    "Tensor \"\(state.record.name)\" occurs twice in the batch of step \(step): the pieces of a tensor must follow "
                        + "each other and make up the whole together.")
            }
            isInBatch[observation.tensor] = true
            try Self.check(count, in: pieces.count, state, step: step)
        }
    }

    /// What must hold for each piece.
    private static func check(_ buffer: ElementBuffer, _ state: TensorState) throws(SessionError) {
        let record = state.record
        if buffer.type != record.type {
            throw SessionError(
                .type, "Tensor \"\(record.name)\" was registered as \(record.type) but arrives as \(buffer.type).")
        }
        if buffer.start == nil && buffer.count > 0 {
            throw SessionError(
                .argument, "Tensor \"\(record.name)\" arrives with \(buffer.count) elements at a null pointer.")
        }
    }

    /// What must hold for all pieces of a tensor together.
    private static func check(_ count: Int, in pieces: Int, _ state: TensorState, step: Int) throws(SessionError) {
        let record = state.record
        if count != state.elementCount {
            throw SessionError(
                .shape,
                "Tensor \"\(record.name)\" of shape \(record.shape) has \(state.elementCount) elements, but \(count) arrive"
                    + (pieces > 1 ? " in \(pieces) pieces." : "."))
        }
        if let last = state.step, step <= last {
            throw SessionError(
                .step, "Tensor \"\(record.name)\" was observed at step \(last) already; step \(step) does not come after it.")
        }
    }
}

extension Observation {
    fileprivate func isWhole(_ state: TensorState) -> Bool { buffer.count == state.elementCount && buffer.count > 0 }
}

extension TensorState {
    /// Tests a look for forks, and becomes the state after it.
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
            branches: tracker.branches, events: events,
            progress: TensorProgress(looks: looks, late: late, origin: origin))
    }
}
