import Kernels
import RunFile

/// What a session has read so far, and what it cost.
struct Tallies {
    var looks = 0
    var looksLeftOut = 0
    /// Looks that held part of the tensors, or of a tensor, to stay within the budget.
    var looksInPart = 0
    var elements = 0
    var bytes = 0

    var looksDropped = 0
    var lastDrop: (step: Int, reason: String)?

    /// Of the callers' threads, for looks read beside them.
    var secondsWaiting = 0.0
    /// Of the library's own threads, beside the callers'.
    var secondsOverlapped = 0.0

    /// - Parameter offered: how many tensors the trainer handed over.
    mutating func count(_ look: [(tensor: TensorLook, type: ElementType)], offered: Int) {
        looks += 1
        if look.count < offered || look.contains(where: { $0.tensor.sample != nil }) { looksInPart += 1 }
        for (tensor, type) in look {
            let read = Int(tensor.sketch.count)
            elements += read
            bytes += read * type.byteCount
        }
    }

    mutating func drop(step: Int, reason: String) {
        looksDropped += 1
        lastDrop = (step, reason)
    }
}
