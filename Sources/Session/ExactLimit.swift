/// The most values a sketch may be asked to keep exactly: sorting and testing more would no longer be a small cost.
let largestExactLimit = 20_000

func checkExactLimit(_ limit: Int) throws(SessionError) {
    if limit > largestExactLimit {
        throw SessionError(.argument, "exact_limit is \(limit), but at most \(largestExactLimit) is possible.")
    }
}
