/// Which looks keep their sketches in the run file, besides their statistics: all up to step 64, then every look that is at
/// least 1/64 of its step later than the one kept before.
///
/// A sketch takes kilobytes where statistics take a hundred bytes. On a logarithmic axis this is one sketch per 1.6 %, and a
/// run of N steps keeps about 64 (1 + ln(N/64)) of them.
struct SketchCadence {
    private var lastKept: Int?

    /// Whether the look at `step` keeps its sketches. Looks at one step agree.
    mutating func keeps(step: Int) -> Bool {
        if let lastKept, step > lastKept, step > 64, step - lastKept < max(1, lastKept / 64) { return false }
        lastKept = step
        return true
    }

    /// After a rewind: what came later is as if it had not been kept.
    mutating func rewind(to step: Int) {
        if let kept = lastKept, kept > step { lastKept = step }
    }
}
