/// Looks that are read while the caller goes on.
///
/// Between `beginObserving` and `finishObserving` (or `dropObserving`, or `close`) the memory handed over must stay as it is.
/// Queries see the look before until the look is finished. Other calls work as ever, but for those that would look at
/// tensors or go back in steps: they are refused as `busy`.
extension Session {
    /// Checks a batch as `observe` does and has the library's own threads read it; returns at once.
    package func beginObserving(step: Int, _ batch: [Observation]) throws(SessionError) {
        let start = Clock.monotonic()
        try change { () throws(SessionError) in
            guard let reading = try prepare(step: step, batch) else { return }
            let look = PendingLook(reading, secondsToBegin: Clock.monotonic() - start)
            pending = look
            let readers = self.readers
            background.start { look.read(by: readers) }
        }
    }

    /// Waits until the look that was begun is read, and publishes it. Does nothing if none was.
    package func finishObserving() throws(SessionError) {
        let start = Clock.monotonic()
        try change { () throws(SessionError) in finishPending(since: start) }
        deliverEvents()
    }

    /// Waits until the look that was begun is read, and forgets it. Does nothing if none was.
    ///
    /// - Parameter reason: for a person; it is written down.
    package func dropObserving(reason: String) throws(SessionError) {
        let start = Clock.monotonic()
        try change { () throws(SessionError) in
            guard let look = pending else { return }
            background.wait()
            pending = nil
            let waited = Clock.monotonic() - start
            lock.withLock {
                tallies.drop(step: look.reading.step, reason: reason)
                tallies.secondsWaiting += waited
                tallies.secondsOverlapped += look.secondsToRead
                budget.spend(look.secondsToBegin + waited)
            }
            writing?.append(.dropped(step: look.reading.step, reason: reason))
        }
    }

    /// Under `calls`.
    func finishPending(since start: Double) {
        guard let look = pending else { return }
        background.wait()
        pending = nil
        let waited = Clock.monotonic() - start
        lock.withLock {
            tallies.secondsWaiting += waited
            tallies.secondsOverlapped += look.secondsToRead
        }
        publish(
            look.take(), step: look.reading.step, offered: look.reading.offered, start: start - look.secondsToBegin,
            overlapped: look.secondsToRead)
    }

    /// Under `calls`: throws while a look is being read.
    func refuseWhileReading(_ action: String) throws(SessionError) {
        guard let look = pending else { return }
        throw SessionError(
            .busy, "\(action) while the look at step \(look.reading.step) is still being read: finish or drop that one first.")
    }
}
