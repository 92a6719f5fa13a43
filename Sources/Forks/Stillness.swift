import Kernels
import Sketches

/// Notices when a tensor that used to change no longer does: frozen, detached, or updates lost to rounding.
struct Stillness: Sendable {
    private var last: (moments: Moments, minimum: Double, maximum: Double)?
    /// The look at which it was first as it is now.
    private var since = 0
    private var looks = 0
    private var hasChanged = false
    private var isReported = false

    /// - Returns: since which look the tensor is as it is now, once, when it is frozen.
    mutating func observe(_ sketch: Sketch, step: Int) -> Int? {
        let now = (sketch.moments, sketch.min, sketch.max)
        guard let last, last == now else {
            hasChanged = last != nil
            last = now
            since = step
            looks = 0
            isReported = false
            return nil
        }
        looks += 1
        guard hasChanged, !isReported, looks >= ForkTracker.frozenLooks, step - since >= ForkTracker.frozenUpdates
        else { return nil }
        isReported = true
        return since
    }
}
