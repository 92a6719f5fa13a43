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
            try check(step: step, tensors: batch.lazy.map(\.tensor))
            for sketched in batch {
                let state = tensors[sketched.tensor]
                try Self.check(
                    type: sketched.sketch.elementType ?? state.record.type, count: Int(clamping: sketched.sketch.count),
                    state)
            }
            if batch.isEmpty { return }
            let spending = beginSpending()
            let keepsSketches = cadence.keeps(step: step)
            var states = batch.map { tensors[$0.tensor] }
            let looks = batch.indices.map { index in
                states[index].take(
                    batch[index].sketch, step: step, spending: spending, keepsSketch: keepsSketches)
            }
            publish(states, looks, step: step, start: start)
        }
    }
}
