import Forks

/// Telling the caller of events as they happen.
extension Session {
    /// Has `callback` called with the number of every event from now on; nil ends that.
    package func onEvent(_ callback: (@Sendable (Int) -> Void)?) throws(SessionError) {
        try change { () throws(SessionError) in
            lock.withLock {
                self.callback = callback
                delivered = events.count
            }
        }
    }

    /// Calls the callback for the events that it has not been told of.
    ///
    /// To be called at the end of a call that may have found some, with no lock held: the callback may come back with questions.
    func deliverEvents() {
        while let (callback, index) = nextDelivery() { callback(index) }
    }

    private func nextDelivery() -> ((Int) -> Void, Int)? {
        lock.withLock {
            guard let callback, delivered < events.count else { return nil }
            delivered += 1
            return (callback, delivered - 1)
        }
    }
}
