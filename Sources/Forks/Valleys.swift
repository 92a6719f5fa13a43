#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The valley test: is there a window with significantly less in it than one of its size to the left *and* one to the right?
///
/// Of a unimodal distribution at least one of two disjoint windows of equal width, left and right of a third, holds no more than
/// that third. So for every unimodal law, heavy-tailed or spiked, the chance that `contrast` exceeds z for a given window and
/// side is at most the normal tail above z, and the chance that it does so anywhere at most that tail times the number of
/// comparisons that could have been made.
struct Valleys {
    /// The deepest valley of a region.
    struct Valley {
        /// Standard deviations; see `contrast`.
        var contrast: Double
        /// Of the windows: where the valley may be cut.
        var lower: Double
        var upper: Double
        /// What the valley's window holds.
        var mass: Double
        /// (peak − valley)/√(peak + valley).
        var plainContrast: Double
        /// Of the windows, see `WindowCounts`.
        var isFine: Bool
    }

    let windows: WindowCounts
    /// How many pairs of a peak and a valley were compared, at most, over the share of a significance that is theirs: of windows
    /// that are not fine, and of fine ones.
    let comparisons: (coarse: Double, fine: Double)
    /// Contrasts at which the p-value is still 1.
    let contrastsOfChance: (coarse: Double, fine: Double)
    let grain: Double

    /// The share of a significance that fine windows have. There are so many of them that with equal shares they would take from
    /// what the others can see; what they alone can see is significant many times over. Any fixed shares are valid.
    private static let fineShare = 1.0 / 16

    /// - Parameters:
    ///   - limit: of the windows' widths, see `WindowCounts`.
    ///   - grain: how far apart values may be that lie as close as they can: no fine windows are near that.
    ///   - isFineEverywhere: whether there are fine windows beyond the quartiles.
    init(_ cells: Cells, narrowerThan limit: Double = .infinity, grain: Double = 0, isFineEverywhere: Bool = false) {
        let windows = WindowCounts(cells, narrowerThan: limit, grain: 256 * grain, isFineEverywhere: isFineEverywhere)
        comparisons = windows.below.withUnsafeBufferPointer { below in
            func count(_ isFine: Bool) -> Double {
                windows.scales.reduce(0) { $1.isFine == isFine ? $0 + Self.comparisons($1.windows, below) : $0 }
            }
            return (count(false) / (1 - Self.fineShare), count(true) / Self.fineShare)
        }
        contrastsOfChance = (
            Self.contrastOfChance(comparisons: comparisons.coarse), Self.contrastOfChance(comparisons: comparisons.fine))
        self.windows = windows
        self.grain = grain
    }

    /// An upper bound for the chance that a unimodal law shows a valley like this one anywhere.
    func pValue(_ valley: Valley?) -> Double {
        guard let valley, valley.contrast > 0 else { return 1 }
        return pValue(contrast: valley.contrast, isFine: valley.isFine)
    }

    func pValue(contrast: Double, isFine: Bool) -> Double {
        min(1, (isFine ? comparisons.fine : comparisons.coarse) * normalTail(above: contrast))
    }

    /// A contrast at which the p-value is still 1, and not much smaller than the largest such.
    private static func contrastOfChance(comparisons: Double) -> Double {
        guard comparisons > 0 else { return 0 }
        // Φ̄(z) > φ(z)·z/(z² + 1), which falls as z grows.
        var (low, high) = (0.0, 8.0)
        for _ in 0..<10 {
            let z = (low + high) / 2
            if comparisons * z / (z * z + 1) * exp(-z * z / 2) >= 2.5067 { low = z } else { high = z }
        }
        return low
    }

    /// A window is compared with the peaks on one side only, that away from the mode: with those to its left if the mode is to
    /// its right. Where the mode lies is unknown, so this is the largest number over all its places. That is with the mode left or
    /// right of all windows: as it moves to the right past them, each has more peaks to its left and fewer to its right than the one
    /// before.
    private static func comparisons(_ windows: Range<Int>, _ below: UnsafeBufferPointer<Double>) -> Double {
        let edges = UnsafeBufferPointer(rebasing: below[windows.lowerBound..<windows.upperBound + 4])
        func isPeak(_ window: Int) -> Bool { edges[window &+ 4] - edges[window] >= WindowCounts.leastPeak }
        // The first window is a peak.
        guard let last = (0..<windows.count).last(where: isPeak) else { return 0 }
        var withLeft = 0
        var withRight = 0
        // From a peak on, a window and the peaks on its other side must fit in: the windows 4 to last − 4 may be valleys.
        for place in 0..<max(0, last - 7) {
            withLeft &+= isPeak(place) ? last &- 7 &- place : 0
            withRight &+= isPeak(place &+ 8) ? place &+ 1 : 0
        }
        return Double(max(withLeft, withRight))
    }
}
