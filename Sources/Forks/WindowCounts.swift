/// How much of a distribution falls into windows of several widths.
///
/// Widths w are the powers of two from an eighth of the interquartile range to a third of the range between the 10th element
/// from either end. Windows of width w begin at the multiples of w/4, so that where they lie does not depend on the data. There
/// are at most 2,048 of a width, those around the median. Only those from the first peak to the last are kept, for only they are
/// ever compared: in a long tail that is a small part of them.
///
/// Dozens of modes over all the range are closer together than that. So there are fine windows as well, down to a 64th of the
/// interquartile range, between the quartiles or everywhere.
struct WindowCounts {
    /// Windows of one width. A window's number is the place in `below` of the edge at which it begins; it ends four edges on.
    struct Scale {
        let width: Double
        /// Whether it is less than an eighth of the interquartile range.
        let isFine: Bool
        /// Where the first window begins, in quarters of the width.
        let start: Int
        let windows: Range<Int>

        func lower(_ window: Int) -> Double { Double(start + window - windows.lowerBound) * (width / 4) }
        func upper(_ window: Int) -> Double { Double(start + window - windows.lowerBound + 4) * (width / 4) }
    }

    /// A window must hold this much to be a peak.
    static let leastPeak = 20.0

    private(set) var scales: [Scale] = []
    /// How much of the distribution lies below the edges of each scale's windows.
    private(set) var below: [Double] = []
    /// The narrowest width that was looked at, of those that are not fine, peaks or none; infinite if none was.
    private(set) var narrowest = Double.infinity

    private static let windowsPerScale = 2048
    private static let largestScales = 24
    private static let fineScales = 3
    /// A valley between two peaks that it does not overlap begins so many windows after the first and before the last.
    private static let span = 8

    /// - Parameters:
    ///   - limit: widths are less than this power of two.
    ///   - grain: fine windows are wider than this.
    ///   - isFineEverywhere: else fine windows lie between the quartiles.
    init(_ cells: Cells, narrowerThan limit: Double, grain: Double, isFineEverywhere: Bool) {
        guard cells.total > 20 else { return }
        MassBelow.of(cells) { massBelow in
            let tenth = 10 / cells.total
            let (lowerQuartile, upperQuartile) = (massBelow.quantile(0.25), massBelow.quantile(0.75))
            let quartiles = upperQuartile - lowerQuartile
            let range = massBelow.quantile(1 - tenth) - massBelow.quantile(tenth)
            guard range > 0, range.isFinite else { return }
            let widest = min((range / 3).binaryExponent, limit.binaryExponent - 1)
            let finest = max(widest - Self.largestScales + 1, quartiles > 0 ? (quartiles / 8).binaryExponent + 1 : -1022)
            let fine = quartiles > 0 ? min(finest, max(finest - Self.fineScales, grain.binaryExponent + 1)) : finest
            guard fine <= widest else { return }
            let (least, largest) = (cells.lower[0], cells.upper[cells.count - 1])
            let reach = max(least.magnitude, largest.magnitude)
            let median = massBelow.quantile(0.5)
            let half = Self.windowsPerScale / 2
            var spans: [(step: Double, peaks: Range<Int>, end: Int)] = []
            for exponent in (fine...widest).reversed() {
                let step = Double.power(ofTwo: exponent - 2)
                guard reach / step < 0x1p50 else { break }
                if exponent >= finest { narrowest = 4 * step }
                let centre = Int((median / step).rounded(.down))
                var start = max(Int((least / step).rounded(.down)) - 3, centre - half)
                var end = min(Int((largest / step).rounded(.down)) + 1, centre + half)
                if exponent < finest && !isFineEverywhere {
                    start = max(start, Int((lowerQuartile / step).rounded(.down)))
                    end = min(end, Int((upperQuartile / step).rounded(.down)) - 3)
                }
                guard start < end else { break }
                // A window is no peak unless the window twice as wide that it lies in is one.
                let possible = spans.last.map { 2 * $0.peaks.lowerBound..<2 * $0.peaks.upperBound } ?? start..<end
                spans.append((step, massBelow.peaks(in: possible.clamped(to: start..<end), step), end))
            }
            below.reserveCapacity(spans.reduce(0) { $0 + $1.peaks.count + 7 })
            // From narrow to wide: every other edge is one of windows twice as wide.
            for (step, peaks, end) in spans.reversed() where peaks.count > Self.span {
                // A valley's equals may go on up to the last peak.
                add(peaks.lowerBound..<min(peaks.upperBound + 3, end), massBelow, step, isFine: step < Double.power(ofTwo: finest - 2))
            }
        }
    }

    /// Those of a scale's windows that lie between two values.
    func windows(of scale: Scale, from lower: Double, to upper: Double) -> Range<Int> {
        var first = scale.windows.lowerBound
        var end = scale.windows.upperBound
        guard first < end else { return first..<end }
        let step = scale.width / 4
        let offset = scale.windows.lowerBound - scale.start
        if scale.lower(first) < lower { first = min(end, offset + Int((lower / step).rounded(.up))) }
        if scale.upper(end - 1) > upper { end = max(first, offset + Int((upper / step).rounded(.down)) - 3) }
        return first..<end
    }

    /// What a window holds.
    func count(_ window: Int) -> Double { below[window + 4] - below[window] }

    private mutating func add(_ windows: Range<Int>, _ massBelow: MassBelow, _ step: Double, isFine: Bool) {
        let edges = windows.lowerBound..<windows.upperBound + 4
        let known = finerEdges(of: step).clamped(to: edges)
        let place = below.count
        massBelow.append(edges.lowerBound..<known.lowerBound, of: step, to: &below)
        if let finer = scales.last, !known.isEmpty {
            let first = finer.windows.lowerBound + 2 * known.lowerBound - finer.start
            for index in 0..<known.count { below.append(below[first + 2 * index]) }
        }
        massBelow.append(known.upperBound..<edges.upperBound, of: step, to: &below)
        scales.append(
            Scale(width: 4 * step, isFine: isFine, start: windows.lowerBound, windows: place..<place + windows.count))
    }

    /// The edges at multiples of a step that are edges of the last scale's windows too, if those are half as wide.
    private func finerEdges(of step: Double) -> Range<Int> {
        guard let finer = scales.last, finer.width == 2 * step else { return 0..<0 }
        return (finer.start + 1) >> 1..<(finer.start + finer.windows.count + 5) >> 1
    }
}

extension MassBelow {
    /// From the first to the last of those windows of four steps that are peaks, by the numbers of the steps at which they begin.
    fileprivate func peaks(in windows: Range<Int>, _ step: Double) -> Range<Int> {
        guard let first = firstPeak(in: windows, step), let last = lastPeak(in: first..<windows.upperBound, step) else { return 0..<0 }
        return first..<last + 1
    }

    private func firstPeak(in windows: Range<Int>, _ step: Double) -> Int? {
        var window = windows.lowerBound
        var (begun, ended, full) = (0, 0, 0)
        while window < windows.upperBound {
            // One that begins no further left ends beyond the start of the cell that makes it full.
            let below = self(Double(window) * step, &begun)
            guard let start = start(ofCellReaching: below + WindowCounts.leastPeak, &full) else { return nil }
            let next = max(window, Int((start / step).rounded(.down)) - 3)
            let belowNext = next == window ? below : self(Double(next) * step, &begun)
            let isPeak = self(Double(next + 4) * step, &ended) - belowNext >= WindowCounts.leastPeak
            if next < windows.upperBound && isPeak { return next }
            window = next + 1
        }
        return nil
    }

    private func lastPeak(in windows: Range<Int>, _ step: Double) -> Int? {
        var window = windows.upperBound - 1
        while window >= windows.lowerBound {
            // One that ends no further right begins before the end of the cell that makes it full.
            guard let end = end(ofCellExceeding: self(Double(window + 4) * step) - WindowCounts.leastPeak) else { return nil }
            window = min(window, Int((end / step).rounded(.down)))
            if window >= windows.lowerBound && isPeak(window, step) { return window }
            window -= 1
        }
        return nil
    }

    private func isPeak(_ window: Int, _ step: Double) -> Bool {
        self(Double(window + 4) * step) - self(Double(window) * step) >= WindowCounts.leastPeak
    }
}
