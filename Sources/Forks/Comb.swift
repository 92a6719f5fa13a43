#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Evenly spaced values, as sign-type optimisers (Lion, signSGD) leave them, whose every update is one learning rate up or down, or
/// as weights that are trained to be quantised have them.
enum Comb {
    /// Whether a distribution is a comb: narrow piles of values, or modes, whose distances are multiples of one spacing.
    ///
    /// - Parameter branches: as the look shows them.
    static func holds(_ look: Look, branches: [Branch]) -> Bool {
        if branches.count >= 5, isEven(branches.map(\.position), tolerance: 0.12) { return true }
        if branches.count >= Valleys.fewestFineBranches, isPeriodic(look, branches: branches) { return true }
        let piles = piles(of: look)
        if areEven(piles, look, tolerance: 0.05) { return true }
        // Far from the origin the bins that values are counted by are wider than the spacing of a comb with many teeth.
        let (low, high) = (look.values.quantile(0.25), look.values.quantile(0.75))
        let middle = piles.filter { $0.middle > low && $0.middle < high }
        return middle.count >= 5 && areEven(middle, look, tolerance: 0.12)
    }

    /// Whether piles are narrow and their distances multiples of one spacing.
    private static func areEven(_ piles: [(middle: Double, width: Double)], _ look: Look, tolerance: Double) -> Bool {
        guard piles.count >= 2, Double(piles.count) <= look.values.total / 2 else { return false }
        guard let spacing = zip(piles.dropFirst(), piles).map({ $0.middle - $1.middle }).min() else { return false }
        // The points of a coarse dtype are evenly spaced too: they are no comb.
        guard spacing > 8 * look.resolution, piles.allSatisfy({ $0.width < spacing / 4 }) else { return false }
        return isEven(piles.map(\.middle), tolerance: tolerance)
    }

    /// Whether values gather about the multiples of a distance near that of the branches: the length of their mean direction on a
    /// circle of that circumference (the Rayleigh test's statistic), 1 if all are multiples and 0 if none are more than others. The
    /// branches themselves may be of one, two or three teeth where the comb is blurred.
    private static func isPeriodic(_ look: Look, branches: [Branch]) -> Bool {
        let gaps = zip(branches.dropFirst(), branches).map { ($0.position - $1.position) / look.scale }.sorted()
        let gap = gaps[gaps.count / 4]
        let cells = look.values
        let every = max(1, cells.count / 512)
        let masses = stride(from: 0, to: cells.count, by: every).map { cells.mass[$0] }
        let places = stride(from: 0, to: cells.count, by: every).map { (cells.lower[$0] + cells.upper[$0]) / 2 }
        let total = masses.reduce(0, +)
        return (0...60).contains { step in
            let turn = 2 * Double.pi / (gap * exp(log(2) * (Double(step) / 40 - 1)))
            let east = zip(places, masses).reduce(0) { $0 + $1.1 * cos(turn * $1.0) }
            let north = zip(places, masses).reduce(0) { $0 + $1.1 * sin(turn * $1.0) }
            return (east * east + north * north).squareRoot() >= 0.35 * total
        }
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
