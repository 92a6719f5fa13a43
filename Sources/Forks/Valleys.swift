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
    }

    let windows: WindowCounts
    /// How many pairs of a peak and a valley were compared, at most.
    let comparisons: Double

    /// - Parameter limit: of the windows' widths, see `WindowCounts`.
    init(_ cells: Cells, narrowerThan limit: Double = .infinity) {
        let windows = WindowCounts(cells, narrowerThan: limit)
        comparisons = windows.below.withUnsafeBufferPointer { below in
            windows.scales.reduce(0) { $0 + Self.comparisons($1.windows, below) }
        }
        self.windows = windows
    }

    /// An upper bound for the chance that a unimodal law shows a valley like this one anywhere.
    func pValue(_ valley: Valley?) -> Double {
        guard let valley, valley.contrast > 0 else { return 1 }
        return min(1, comparisons * normalTail(above: valley.contrast))
    }

    /// A contrast at which the p-value is still 1, and not much smaller than the largest such.
    var contrastOfChance: Double {
        // Φ̄(z) > φ(z)·z/(z² + 1), which falls as z grows.
        var (low, high) = (0.0, 40.0)
        for _ in 0..<16 {
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
