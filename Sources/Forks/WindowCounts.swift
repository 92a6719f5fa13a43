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

    init(_ cells: Cells) {
        guard cells.total > 20 else { return }
        let quartiles = cells.quantile(0.75) - cells.quantile(0.25)
        let range = cells.quantile(1 - 10 / cells.total) - cells.quantile(10 / cells.total)
        guard range > 0, range.isFinite else { return }
        let widest = (range / 3).binaryExponent
        let narrowest = max(widest - Self.largestScales + 1, quartiles > 0 ? (quartiles / 8).binaryExponent + 1 : -1022)
        let reach = max(cells.lower[0].magnitude, cells.upper[cells.count - 1].magnitude)
        let median = cells.quantile(0.5)
        for exponent in stride(from: narrowest, through: widest, by: 1) {
            let step = Double.power(ofTwo: exponent - 2)
            guard reach / step < 0x1p50 else { continue }
            add(step: step, cells, median: median)
        }
    }

    private mutating func add(step: Double, _ cells: Cells, median: Double) {
        let centre = Int((median / step).rounded(.down))
        let half = Self.windowsPerScale / 2
        let start = max(Int((cells.lower[0] / step).rounded(.down)) - 3, centre - half)
        let end = min(Int((cells.upper[cells.count - 1] / step).rounded(.down)) + 1, centre + half)
        guard end > start else { return }
        let first = counts.count
        // Mass below the edges start, start + 1, …, end + 3, of which each window is a difference four edges apart.
        var below = Edges(cells)
        var recent = (below.mass(start, step), below.mass(start + 1, step), below.mass(start + 2, step), below.mass(start + 3, step))
        for edge in start..<end {
            let upper = below.mass(edge + 4, step)
            counts.append(upper - recent.0)
            recent = (recent.1, recent.2, recent.3, upper)
        }
        scales.append(Scale(width: 4 * step, start: start, windows: first..<counts.count))
    }

    /// Reads the cumulative mass at ascending edges.
    private struct Edges {
        let cells: Cells
        var index = 0
        var passed = 0.0

        init(_ cells: Cells) { self.cells = cells }

        mutating func mass(_ edge: Int, _ step: Double) -> Double {
            let x = Double(edge) * step
            while index < cells.count && cells.upper[index] <= x && cells.lower[index] < x {
                passed += cells.mass[index]
                index += 1
            }
            guard index < cells.count && cells.lower[index] < x else { return passed }
            return passed + cells.mass[index] * ((x - cells.lower[index]) / (cells.upper[index] - cells.lower[index]))
        }
    }
}
