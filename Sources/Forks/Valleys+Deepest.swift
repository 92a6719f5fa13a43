extension Valleys {
    /// The most significant valley whose windows, peaks included, lie between two values; nil if there is none.
    ///
    /// - Parameter evenIfChance: with false, valleys that chance makes as deep, whose p-value is 1, are not looked for.
    func deepest(from lower: Double, to upper: Double, evenIfChance: Bool = false, withFine: Bool = true) -> Valley? {
        let coarse = deepest(isFine: false, from: lower, to: upper, evenIfChance: evenIfChance)
        guard withFine else { return coarse }
        let fine = deepest(isFine: true, from: lower, to: upper, evenIfChance: evenIfChance)
        return pValue(fine) < pValue(coarse) ? fine : coarse ?? fine
    }

    /// The same of the windows that are fine, or of those that are not.
    func deepest(isFine: Bool, from lower: Double, to upper: Double, evenIfChance: Bool = false) -> Valley? {
        let floor = evenIfChance ? 0 : isFine ? contrastsOfChance.fine : contrastsOfChance.coarse
        var best: Valley?
        windows.below.withUnsafeBufferPointer { below in
            for scale in windows.scales where scale.isFine == isFine {
                let row = windows.windows(of: scale, from: lower, to: upper)
                guard row.count > 8 else { continue }
                let found = Row(edges: below.baseAddress! + row.lowerBound, count: row.count).deepest(above: best?.contrast ?? floor)
                if let found {
                    let window = row.lowerBound + found.window
                    best = Valley(
                        contrast: found.contrast, lower: scale.lower(window), upper: scale.upper(window), mass: found.mass,
                        plainContrast: found.square.squareRoot(), isFine: isFine)
                }
            }
        }
        return best
    }
}

/// Windows of one width that lie side by side, a quarter of the width apart.
private struct Row {
    /// How much lies below the edges of the windows: window i is from edge i to edge i + 4.
    let edges: UnsafePointer<Double>
    let count: Int

    subscript(_ window: Int) -> Double { edges[window &+ 4] - edges[window] }

    /// The window with the largest contrast to peaks on either side that do not overlap it, if it exceeds `floor`; the middle one of
    /// several that hold the same.
    ///
    /// Four windows make a block, so that the peaks of a block's windows lie in the blocks beside it or beyond. Windows are looked at
    /// one by one only in blocks that might hold a deeper valley than is known.
    func deepest(above floor: Double) -> (window: Int, contrast: Double, mass: Double, square: Double)? {
        let blocks = (count &+ 3) / 4
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * blocks &+ 2) { memory in
            let least = memory.baseAddress!
            let most = least + blocks
            /// The most from a block on.
            let right = most + blocks
            right[blocks] = 0
            right[blocks &+ 1] = 0
            for block in (0..<blocks).reversed() {
                (least[block], most[block]) = extremes(block)
                right[block] = larger(most[block], right[block &+ 1])
            }
            var best: (window: Int, contrast: Double, mass: Double, square: Double)?
            /// The most in all blocks but the last before this one.
            var left = 0.0
            for block in 1..<max(1, blocks &- 1) {
                defer { left = larger(left, most[block &- 1]) }
                let lesser = smaller(larger(left, most[block &- 1]), right[block &+ 1])
                guard mayExceed(best?.contrast ?? floor, peak: lesser, valley: least[block]) else { continue }
                var leftPeak = left
                for window in 4 * block..<min(4 * block &+ 4, count &- 4) {
                    leftPeak = larger(leftPeak, self[window &- 4])
                    let rightPeak = (window &+ 4..<min(4 * block &+ 8, count)).reduce(right[block &+ 2]) { larger($0, self[$1]) }
                    let (peak, valley) = (smaller(leftPeak, rightPeak), self[window])
                    guard mayExceed(best?.contrast ?? floor, peak: peak, valley: valley) else { continue }
                    let contrast = contrast(peak: peak, valley: valley)
                    guard contrast > best?.contrast ?? floor else { continue }
                    var end = window
                    while end &+ 1 <= count &- 5 && self[end &+ 1] == valley { end &+= 1 }
                    best = ((window &+ end) / 2, contrast, valley, square(peak, valley))
                }
            }
            return best
        }
    }

    /// Whether the contrast between a peak and a valley can be larger than another.
    private func mayExceed(_ contrast: Double, peak: Double, valley: Double) -> Bool {
        // The squared contrast is at most 2·ln 2 times the plain one.
        peak >= WindowCounts.leastPeak && peak > valley + 2 && square(peak, valley) * 1.3863 > contrast * contrast
    }

    private func square(_ peak: Double, _ valley: Double) -> Double { (peak - valley) * (peak - valley) / (peak + valley) }

    private func extremes(_ block: Int) -> (least: Double, most: Double) {
        let first = 4 * block
        if first &+ 4 > count {
            let windows = (first..<count).map { self[$0] }
            return (windows.min() ?? 0, windows.max() ?? 0)
        }
        let (a, b, c, d) = (self[first], self[first &+ 1], self[first &+ 2], self[first &+ 3])
        return (smaller(smaller(a, b), smaller(c, d)), larger(larger(a, b), larger(c, d)))
    }

    private func larger(_ a: Double, _ b: Double) -> Double { a > b ? a : b }
    private func smaller(_ a: Double, _ b: Double) -> Double { a < b ? a : b }
}
