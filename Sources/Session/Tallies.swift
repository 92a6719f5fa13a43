import Kernels
import RunFile

/// What a session has read so far, and what it cost.
struct Tallies {
    var looks = 0
    var looksLeftOut = 0
    /// Looks that held part of the tensors, or of a tensor, to stay within the budget.
    var looksInPart = 0
    /// Looks that left out fork tests, to stay within the budget.
    var looksUntested = 0
    var elements = 0
    var bytes = 0

    var looksDropped = 0
    var lastDrop: (step: Int, reason: String)?

    /// Of the callers' threads, for looks read beside them.
    var secondsWaiting = 0.0
    /// Of the library's own threads, beside the callers'.
    var secondsOverlapped = 0.0

    /// - Parameter offered: how many tensors the trainer handed over.
    mutating func count(_ looks: [LookFacts], offered: Int) {
        self.looks += 1
        var isPart = looks.count < offered
        var isUntested = false
        for look in looks {
            elements += look.elements
            bytes += look.bytes
            isPart = isPart || look.isSample
            isUntested = isUntested || !look.isTested && !look.isSample
        }
        if isPart { looksInPart += 1 }
        if isUntested { looksUntested += 1 }
    }

    mutating func drop(step: Int, reason: String) {
        looksDropped += 1
        lastDrop = (step, reason)
    }
}
