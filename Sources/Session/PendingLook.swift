import RunFile

/// A look whose tensors are being read while the caller goes on.
///
/// What the reading thread writes is read by others only after they have waited for it: see `Background`.
final class PendingLook: @unchecked Sendable {
    let reading: BatchReading
    /// Spent so far on the thread that began the look.
    let secondsToBegin: Double

    private var found = BatchLooks()
    /// How long the reading took.
    private(set) var secondsToRead = 0.0

    init(_ reading: BatchReading, secondsToBegin: Double) {
        self.reading = reading
        self.secondsToBegin = secondsToBegin
    }

    func read(by readers: Readers) {
        let start = Clock.monotonic()
        found = reading.read(by: readers)
        secondsToRead = Clock.monotonic() - start
    }

    /// What was found, once. It is not kept, or the states would be copied when they are put in their places.
    func take() -> BatchLooks {
        defer { found = BatchLooks() }
        return found
    }
}
