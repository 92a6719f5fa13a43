/// How much of a distribution falls into windows of several widths.
///
/// Widths w are the powers of two from an eighth of the interquartile range to a third of the range between the 10th element
/// from either end. Windows of width w begin at the multiples of w/4, so that where they lie does not depend on the data. There
/// are at most 2,048 of a width, those around the median.
struct WindowCounts {
    /// Windows of one width; window i reaches from (start + i)·width/4 to (start + i + 4)·width/4.
    struct Scale {
        let width: Double
        /// In quarters of the width.
        let start: Int
        /// Where this scale's windows are in `counts`.
        let windows: Range<Int>

        func lower(_ window: Int) -> Double { Double(start + window - windows.lowerBound) * (width / 4) }
        func upper(_ window: Int) -> Double { Double(start + window - windows.lowerBound + 4) * (width / 4) }
    }

    private(set) var scales: [Scale] = []
    private(set) var counts: [Double] = []

    private static let windowsPerScale = 2048
    private static let largestScales = 24

    /// - Parameter limit: widths are less than this power of two.
    init(_ cells: Cells, narrowerThan limit: Double = .infinity) {
        guard cells.total > 20 else { return }
        let tenth = 10 / cells.total
        let shares = [tenth, 0.25, 0.5, 0.75, 1 - tenth]
        // Of fewer than 40 values the tenth from either end lies further in than the quartiles.
        let places = tenth <= 0.25 ? cells.quantiles(shares) : shares.map { cells.quantile($0) }
        let quartiles = places[3] - places[1]
        let range = places[4] - places[0]
        guard range > 0, range.isFinite else { return }
        let widest = min((range / 3).binaryExponent, limit.binaryExponent - 1)
        let narrowest = max(widest - Self.largestScales + 1, quartiles > 0 ? (quartiles / 8).binaryExponent + 1 : -1022)
        guard narrowest <= widest else { return }
        let reach = max(cells.lower[0].magnitude, cells.upper[cells.count - 1].magnitude)
        // Mass per unit length; not of points, of which windows hold all or nothing.
        let densities = zip(cells.mass, zip(cells.lower, cells.upper)).map { $0 / ($1.1 - $1.0) }
        var finer: MassBelow?
        for exponent in narrowest...widest {
            let step = Double.power(ofTwo: exponent - 2)
            guard reach / step < 0x1p50 else { continue }
            let below = MassBelow(cells, densities, step: step, around: places[2], finer: finer)
            add(below)
            finer = below
        }
    }

    private mutating func add(_ below: MassBelow) {
        let first = counts.count
        counts.reserveCapacity(first + below.masses.count)
        below.masses.withUnsafeBufferPointer { masses in
            counts += (0..<max(0, masses.count - 4)).lazy.map { masses[$0 + 4] - masses[$0] }
        }
        if counts.count > first {
            scales.append(Scale(width: 4 * below.step, start: below.start, windows: first..<counts.count))
        }
    }

    /// How much of a distribution lies below multiples of `step`: those that windows of four steps begin or end at.
    private struct MassBelow {
        let step: Double
        /// The first multiple.
        let start: Int
        /// Below start·step, (start + 1)·step, ….
        var masses: [Double] = []
        /// Whether no window is left out for being too far from the median.
        let isWhole: Bool

        /// - Parameters:
        ///   - densities: of the cells.
        ///   - finer: the same for half the step, if that is known.
        init(_ cells: Cells, _ densities: [Double], step: Double, around median: Double, finer: MassBelow?) {
            self.step = step
            let centre = Int((median / step).rounded(.down))
            let half = windowsPerScale / 2
            let lowest = Int((cells.lower[0] / step).rounded(.down)) - 3
            let highest = Int((cells.upper[cells.count - 1] / step).rounded(.down)) + 1
            start = max(lowest, centre - half)
            let end = min(highest, centre + half)
            isWhole = start == lowest && end == highest
            guard end > start else { return }
            masses.reserveCapacity(end + 4 - start)
            if let finer, finer.isWhole, finer.step * 2 == step {
                let known = finer.masses
                for edge in start..<end + 4 {
                    let index = 2 * edge - finer.start
                    masses.append(index < 0 ? 0 : known[min(index, known.count - 1)])
                }
            } else {
                read(cells, densities, start..<end + 4)
            }
        }

        private mutating func read(_ cells: Cells, _ densities: [Double], _ edges: Range<Int>) {
            cells.lower.withUnsafeBufferPointer { lower in
                cells.upper.withUnsafeBufferPointer { upper in
                    cells.mass.withUnsafeBufferPointer { mass in
                        densities.withUnsafeBufferPointer { density in
                            var index = 0
                            var passed = 0.0
                            for edge in edges {
                                let x = Double(edge) * step
                                while index < mass.count && upper[index] <= x && lower[index] < x {
                                    passed += mass[index]
                                    index &+= 1
                                }
                                let isInside = index < mass.count && lower[index] < x
                                masses.append(isInside ? passed + density[index] * (x - lower[index]) : passed)
                            }
                        }
                    }
                }
            }
        }
    }
}
