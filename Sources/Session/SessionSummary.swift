import Forks

/// What a session has done and what it cost.
package struct SessionSummary: Sendable {
    package var tensors = 0
    package var looks = 0
    package var looksLeftOut = 0
    package var elements = 0
    package var bytes = 0
    package var events = 0
    package var gaps = 0
    package var recordsLost = 0
    /// On the caller's threads, in seconds.
    package var secondsInside = 0.0
    /// Since the session was opened, in seconds.
    package var secondsWall = 0.0
    package var looksInPart = 0
    package var looksDropped = 0
    /// Of `secondsInside`, spent waiting for looks that were read beside the caller.
    package var secondsWaiting = 0.0
    /// On the library's own threads, reading beside the caller.
    package var secondsOverlapped = 0.0
}

extension Session {
    package var summary: SessionSummary {
        get throws(SessionError) {
            // The writer's lock is no lock of a child's.
            try refuseInChild()
            let recordsLost = writing?.lost ?? 0
            return try query { () throws(SessionError) in summary(recordsLost: recordsLost) }
        }
    }

    /// Under `lock` or `calls`.
    func summary(recordsLost: Int) -> SessionSummary {
        SessionSummary(
            tensors: tensors.count, looks: tallies.looks, looksLeftOut: tallies.looksLeftOut,
            elements: tallies.elements, bytes: tallies.bytes, events: events.count, gaps: gaps.count,
            recordsLost: recordsLost, secondsInside: budget.inside,
            secondsWall: budget.wall(now: Clock.monotonic()), looksInPart: tallies.looksInPart,
            looksDropped: tallies.looksDropped, secondsWaiting: tallies.secondsWaiting,
            secondsOverlapped: tallies.secondsOverlapped)
    }

    /// What the run file says of the whole run at its end.
    func closingFacts() -> [(key: String, value: String)] {
        let summary = summary(recordsLost: writing?.lost ?? 0)
        return [
            ("looks", "\((history?.looks ?? 0) + summary.looks)"),
            ("looks_left_out", "\((history?.leftOut ?? 0) + summary.looksLeftOut)"),
            ("looks_in_part", "\(summary.looksInPart)"),
            ("looks_dropped", "\(summary.looksDropped)"),
            ("records_lost", "\(summary.recordsLost)"),
            ("seconds_inside", "\(summary.secondsInside)"),
            ("seconds_waiting", "\(summary.secondsWaiting)"),
            ("seconds_overlapped", "\(summary.secondsOverlapped)"),
            ("seconds_wall", "\(summary.secondsWall)"),
            ("finished", "yes"),
        ]
    }
}
