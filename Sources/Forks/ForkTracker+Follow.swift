extension ForkTracker {
    /// Where to cut the distribution of a tensor that is forked, given what this look shows: at every significant valley, and
    /// at those between two followed branches that are not surely gone.
    ///
    /// A valley has died when its p-value is above √alpha *and* the dip of the values about it is below half its critical
    /// value. The hysteresis is for death alone: a fork that hovers about the threshold is one fork.
    func follow(_ evidence: Evidence, alpha: Double) -> [Double] {
        // As many valleys as before: they may have moved, but none is missing.
        if evidence.cuts.count >= branches.count - 1 { return evidence.cuts }
        let values = evidence.look.values
        let shares = Lineage.intervals(branches)
        var cuts = evidence.cuts
        for left in branches.indices.dropLast() {
            let lower = values.quantile((shares[left].lower + shares[left].upper) / 2)
            let upper = values.quantile((shares[left + 1].lower + shares[left + 1].upper) / 2)
            guard lower < upper, !evidence.cuts.contains(where: { $0 > lower && $0 < upper }) else { continue }
            let cut = values.quantile(shares[left].upper)
            if let held = held(cut, between: lower, and: upper, evidence, alpha: alpha) { cuts.append(held) }
        }
        return cuts.sorted()
    }

    /// A cut that is no longer significant, moved to the antimode if there is one near; nil if it is surely gone.
    private func held(
        _ cut: Double, between lower: Double, and upper: Double, _ evidence: Evidence, alpha: Double
    ) -> Double? {
        let from = evidence.cuts.last { $0 <= cut } ?? -.infinity
        let to = evidence.cuts.first { $0 > cut } ?? .infinity
        let isFine = branches.count >= Valleys.fewestFineBranches
        let valley = evidence.valleys.deepest(from: from, to: to, evenIfChance: true, withFine: isFine)
        let isAlive =
            evidence.valleys.pValue(valley) <= alpha.squareRoot() || isWide(evidence, from: from, to: to, alpha: alpha)
        guard isAlive else { return nil }
        let antimode = valley.map { evidence.valleys.antimode(of: $0, in: evidence.look.tested) }
        return antimode.flatMap { $0 > lower && $0 < upper ? $0 : nil } ?? cut
    }

    /// Whether the dip of the values between two others is at least half its critical value.
    private func isWide(_ evidence: Evidence, from: Double, to: Double, alpha: Double) -> Bool {
        let isWhole = from == -.infinity && to == .infinity
        let part = isWhole ? evidence.look.tested : evidence.look.tested.part(from: from, to: to)
        guard part.total > 0 else { return false }
        let dip = isWhole ? evidence.modes.dipTested : Dip.of(part)
        return part.total.squareRoot() * dip >= DipTest.criticalValue(count: part.total, alpha: alpha) / 2
    }
}
