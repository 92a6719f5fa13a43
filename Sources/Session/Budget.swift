/// Decides which steps are looked at, so that the time spent inside the library stays a given share of wall time.
///
/// The first looks are taken whatever they cost. What they cost beyond the budget is a debt; until it is paid back, half of
/// the allowance still goes to new looks, so that the time just after the first looks, when much happens, is not blind.
struct Budget {
    /// Share of wall time, 0 for no limit.
    let share: Double
    /// Steps up to this one are always due.
    let alwaysUntil: Int
    private let start: Double
    private(set) var inside = 0.0
    private var lastLook = 0.0
    private var debt = 0.0
    private var debtEnd: Double

    init(share: Double, alwaysUntil: Int, now: Double) {
        self.share = share
        self.alwaysUntil = alwaysUntil
        self.start = now
        self.debtEnd = now
    }

    /// Whether `step` should be looked at, with the clock at `now`.
    func isDue(step: Int, now: Double) -> Bool {
        if share <= 0 || step <= alwaysUntil { return true }
        if inside + lastLook <= share * (now - start) { return true }
        return inside - debt + lastLook <= 0.5 * share * (now - debtEnd)
    }

    /// Accounts for a look at `step` that ended at `now`.
    mutating func spendLook(_ seconds: Double, step: Int, now: Double) {
        inside += seconds
        lastLook = seconds
        if step <= alwaysUntil {
            debt = inside
            debtEnd = now
        }
    }

    /// Accounts for other time spent on the session's behalf.
    mutating func spend(_ seconds: Double) {
        inside += seconds
    }

    /// Seconds since the session was opened.
    func wall(now: Double) -> Double {
        now - start
    }
}
