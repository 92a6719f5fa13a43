import Forks
import RunFile

/// What the caller tells the session besides tensors.
extension Session {
    /// Records a number of the caller's (a loss, a learning rate) at a step.
    package func log(step: Int, name: String, value: Double) throws(SessionError) {
        let start = Clock.monotonic()
        try change { () throws(SessionError) in
            if step < 0 { throw SessionError(.step, "Metric \"\(name)\" is logged at step \(step), which is negative.") }
            if name.isEmpty { throw SessionError(.argument, "A metric's name must not be empty.") }
            writing?.append(.metric(step: step, name: name, value: value, time: Clock.wall()))
            lock.withLock { budget.spend(Clock.monotonic() - start) }
        }
    }

    /// Records that something is not watched, and why.
    package func addGap(name: String, reason: String) throws(SessionError) {
        try change { () throws(SessionError) in
            lock.withLock { gaps.append((name, reason)) }
            writing?.append(.gap(name: name, reason: reason))
        }
    }

    /// Adds time, in seconds, that the caller spent on the session's behalf.
    package func charge(seconds: Double) throws(SessionError) {
        try change { () throws(SessionError) in
            if !(seconds >= 0 && seconds.isFinite) {
                throw SessionError(.argument, "\(seconds) seconds cannot be charged: the time must be finite and not negative.")
            }
            lock.withLock { budget.spend(seconds) }
        }
    }

    /// Goes back: the next look may be at any step after `step`.
    package func rewind(to step: Int) throws(SessionError) {
        try change { () throws(SessionError) in
            if step < -1 {
                throw SessionError(.step, "Cannot rewind to step \(step): -1 is before the first look.")
            }
            try refuseWhileReading("The run cannot go back to step \(step)")
            guard let last = self.step, last > step else { return }
            planner.rewind(to: step)
            for index in groups.indices { groups[index].pending = nil }
            lock.withLock {
                self.step = step
                for id in tensors.indices where (tensors[id].step ?? step) > step {
                    tensors[id].step = step
                    tensors[id].cadence.rewind(to: step)
                    tensors[id].paths?.rewind(to: step)
                    let past = events.lazy.filter { $0.tensor == id && $0.event.step <= step && !$0.isSuperseded }
                    let tracker = tensors[id].tracker
                    tensors[id].tracker = ForkTracker(
                        resuming: past.map(\.event), lastLook: step, lastSignificant: tracker.lastSignificant,
                        lastQuiet: tracker.lastQuiet, pointMass: tracker.pointMass)
                }
                for index in events.indices where events[index].event.step > step { events[index].isSuperseded = true }
            }
            writing?.append(.rewind(step: step, time: Clock.wall()))
        }
    }

    /// Returns when all that was observed so far is in the run file.
    package func flush() throws(SessionError) {
        // Not under `calls`, so that other threads may go on observing.
        let writing = try query { () throws(SessionError) in self.writing }
        try writing?.flush()
    }

    /// Hands over the sketches of each tensor's latest look, as far as they were not kept when it was written.
    func appendLastSketches() {
        let byStep = Dictionary(grouping: tensors.filter { $0.sketch != nil && $0.step != nil }, by: { $0.step ?? 0 })
        for (step, states) in byStep.sorted(by: { $0.key < $1.key }) {
            writing?.append(
                .sketches(step: step, states.compactMap { state in state.sketch.map { (state.record.id, $0) } }))
        }
    }
}
