import RunFile

/// A look whose tensors are being read while the caller goes on.
///
/// What the reading thread writes is read by others only after they have waited for it: see `Background`.
final class PendingLook: @unchecked Sendable {
    let reading: BatchReading
    /// Spent so far on the thread that began the look.
    let secondsToBegin: Double

    private(set) var results: [(state: TensorState, look: TensorLook)] = []
    /// How long the reading took.
    private(set) var secondsToRead = 0.0

    init(_ reading: BatchReading, secondsToBegin: Double) {
        self.reading = reading
        self.secondsToBegin = secondsToBegin
    }

    func read(by readers: Readers) {
        let start = Clock.monotonic()
        results = reading.read(by: readers)
        secondsToRead = Clock.monotonic() - start
    }
}
