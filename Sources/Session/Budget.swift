/// How much time may be spent inside the library, so that it stays a given share of wall time.
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
    private var debt = 0.0
    private var debtEnd: Double

    init(share: Double, alwaysUntil: Int, now: Double) {
        self.share = share
        self.alwaysUntil = alwaysUntil
        self.start = now
        self.debtEnd = now
    }

    /// Whether a look at `step` needs no allowance.
    func isFree(step: Int) -> Bool {
        share <= 0 || step <= alwaysUntil
    }

    /// Seconds that may be spent now; negative while more has been spent than may be.
    func allowance(now: Double) -> Double {
        max(share * wall(now: now) - inside, 0.5 * share * (now - debtEnd) - (inside - debt))
    }

    /// Accounts for a look at `step` that ended at `now`.
    mutating func spendLook(_ seconds: Double, step: Int, now: Double) {
        inside += seconds
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
