/// A gap about zero, as magnitude pruning leaves it: an atom at 0 and no other value up to some ±τ.
enum Pruning {
    /// The atom must hold at least this share of the values.
    private static let leastMass = 0.02
    /// So many values must lie within twice the gap: where the density just went on, three eighths of them would lie inside it, and
    /// (5/8)^20, one in ten thousand, is the chance that none does.
    private static let leastBeyond = 20.0

    static func holds(_ look: Look) -> Bool {
        guard look.atoms.contains(where: { $0.value == 0 && $0.mass >= leastMass }) else { return false }
        let zero = look.position(0)
        let cells = look.values
        var below: Double?
        var above: Double?
        for index in 0..<cells.count where cells.mass[index] > 0 {
            if cells.upper[index] < zero { below = zero - cells.upper[index] }
            if cells.lower[index] > zero, above == nil { above = cells.lower[index] - zero }
        }
        guard let below, let above else { return false }
        // One threshold for both signs: the smallest magnitudes left are about equal.
        let threshold = max(below, above)
        guard min(below, above) >= 0.5 * threshold else { return false }
        var beyond = 0.0
        for index in 0..<cells.count where cells.lower[index] != zero || cells.upper[index] != zero {
            if cells.lower[index] >= zero - 2 * threshold, cells.upper[index] <= zero + 2 * threshold { beyond += cells.mass[index] }
        }
        return beyond >= leastBeyond
    }
}
