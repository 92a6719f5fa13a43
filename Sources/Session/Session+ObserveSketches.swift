import Forks
import RunFile
import Sketches

/// A tensor's values now, sketched by the caller.
package struct Sketched {
    package let tensor: Int
    package let sketch: Sketch

    package init(tensor: Int, sketch: Sketch) {
        self.tensor = tensor
        self.sketch = sketch
    }
}

extension Session {
    /// Looks at a batch of tensors by way of their sketches: all of it, or after an error nothing.
    package func observe(step: Int, _ batch: [Sketched]) throws(SessionError) {
        let start = Clock.monotonic()
        try change { () throws(SessionError) in
            try refuseWhileReading("Step \(step) cannot be observed")
            try check(step: step, batch)
            if batch.isEmpty { return }
            let spending = beginSpending()
            var found = BatchLooks()
            for sketched in batch {
                var state = tensors[sketched.tensor]
                let look = state.take(sketched.sketch, step: step, spending: spending)
                found.append(state, look)
            }
            for sketched in batch { planner.offered(sketched.tensor, step: step) }
            publish(found, step: step, offered: batch.count, start: start)
        }
        deliverEvents()
    }

    private func check(step: Int, _ batch: [Sketched]) throws(SessionError) {
        try check(step: step)
        var isInBatch = Set<Int>()
        for sketched in batch {
            guard tensors.indices.contains(sketched.tensor) else {
                throw SessionError(
                    .unknown, "No tensor has the number \(sketched.tensor): \(tensors.count) are registered.")
            }
            let state = tensors[sketched.tensor]
            if state.isGroup {
                throw SessionError(.argument, "\"\(state.record.name)\" is a group, which is judged on elements, not on sketches.")
            }
            if !isInBatch.insert(sketched.tensor).inserted {
                throw SessionError(
                    .duplicate, "Tensor \"\(state.record.name)\" occurs twice in the batch of step \(step).")
            }
            if let type = sketched.sketch.elementType, type != state.record.type {
                throw SessionError(
                    .type, "Tensor \"\(state.record.name)\" was registered as \(state.record.type) but arrives as \(type).")
            }
            try check(Int(clamping: sketched.sketch.count), of: sketched.tensor, in: 1, step: step)
        }
    }
}
