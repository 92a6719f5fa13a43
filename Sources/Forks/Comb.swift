/// Evenly spaced values, as sign-type optimisers (Lion, signSGD) leave them: every update is one learning rate up or down.
enum Comb {
    /// Whether a distribution is a comb: narrow piles of values, or modes, whose distances are multiples of one spacing.
    ///
    /// - Parameter branches: as the look shows them.
    static func holds(_ look: Look, branches: [Branch]) -> Bool {
        if branches.count >= 5, isEven(branches.map(\.position), tolerance: 0.12) { return true }
        let piles = piles(of: look)
        guard piles.count >= 2, Double(piles.count) <= look.values.total / 2 else { return false }
        guard let spacing = zip(piles.dropFirst(), piles).map({ $0.middle - $1.middle }).min() else { return false }
        // The points of a coarse dtype are evenly spaced too: they are no comb.
        guard spacing > 8 * look.resolution, piles.allSatisfy({ $0.width < spacing / 4 }) else { return false }
        return isEven(piles.map(\.middle), tolerance: 0.05)
    }

    /// Stretches of values with nothing between them.
    private static func piles(of look: Look) -> [(middle: Double, width: Double)] {
        let cells = look.values
        guard cells.count > 0 else { return [] }
        // What rounding makes of equal values after many updates is one pile.
        let nothing = 1e-5 * (cells.upper[cells.count - 1] - cells.lower[0])
        var piles: [(middle: Double, width: Double)] = []
        var start = cells.lower[0]
        var end = cells.upper[0]
        func close() { piles.append(((start + end) / 2, end - start)) }
        for index in 1..<max(1, cells.count) {
            if cells.lower[index] - end > nothing {
                close()
                start = cells.lower[index]
            }
            end = cells.upper[index]
        }
        close()
        return piles
    }

    /// Whether nearly all distances between neighbours are multiples of the smallest.
    private static func isEven(_ positions: [Double], tolerance: Double) -> Bool {
        let gaps = zip(positions.dropFirst(), positions).map { $0 - $1 }
        guard let spacing = gaps.min(), spacing > 0 else { return false }
        let even = gaps.filter { abs($0 / spacing - ($0 / spacing).rounded()) <= tolerance }
        return 10 * even.count >= 9 * gaps.count
    }
}
