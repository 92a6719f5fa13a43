/// A distribution function to be asked at many places: how much of a distribution lies below a value.
struct MassBelow {
    private let lower: UnsafePointer<Double>
    private let upper: UnsafePointer<Double>
    private let mass: UnsafePointer<Double>
    /// What the cells before the i-th hold; one more than there are cells.
    private let sums: UnsafePointer<Double>
    private let count: Int

    /// Gives `body` the distribution function of cells, of which there is at least one. It is not to be kept.
    static func of<Result>(_ cells: Cells, _ body: (MassBelow) -> Result) -> Result {
        cells.lower.withUnsafeBufferPointer { lower in
            cells.upper.withUnsafeBufferPointer { upper in
                cells.mass.withUnsafeBufferPointer { mass in
                    withUnsafeTemporaryAllocation(of: Double.self, capacity: mass.count + 1) { sums in
                        var sum = 0.0
                        sums.initializeElement(at: 0, to: sum)
                        for index in mass.indices {
                            sum += mass[index]
                            sums.initializeElement(at: index &+ 1, to: sum)
                        }
                        return body(
                            MassBelow(
                                lower: lower.baseAddress!, upper: upper.baseAddress!, mass: mass.baseAddress!, sums: sums.baseAddress!,
                                count: mass.count))
                    }
                }
            }
        }
    }

    /// How much lies below a value; a point at the value itself does not.
    func callAsFunction(_ x: Double) -> Double { at(x, after: first { !isPassed($0, x) }) }

    /// The same for a value that is not below those asked for before with the same cursor, which is 0 at first.
    func callAsFunction(_ x: Double, _ cursor: inout Int) -> Double {
        cursor = first(from: cursor) { !isPassed($0, x) }
        return at(x, after: cursor)
    }

    /// The same for the multiples of `step` with these numbers, appended to `masses`.
    func append(_ multiples: Range<Int>, of step: Double, to masses: inout [Double]) {
        guard !multiples.isEmpty else { return }
        let start = Double(multiples.lowerBound) * step
        var cell = first { !isPassed($0, start) }
        for multiple in multiples {
            let x = Double(multiple) * step
            while cell < count && isPassed(cell, x) { cell &+= 1 }
            masses.append(at(x, after: cell))
        }
    }

    /// The least value with at least a share of the mass at or below it, which is above 0 and below 1.
    func quantile(_ share: Double) -> Double {
        let target = share * sums[count]
        let cell = first { sums[$0 &+ 1] >= target }
        return lower[cell] + (upper[cell] - lower[cell]) * ((target - sums[cell]) / mass[cell])
    }

    /// Where the cell begins with which so much mass is reached; nil if there is not so much.
    ///
    /// - Parameter cursor: of a cell before which it is not reached, 0 at first; it moves on.
    func start(ofCellReaching target: Double, _ cursor: inout Int) -> Double? {
        cursor = first(from: cursor) { sums[$0 &+ 1] >= target }
        return cursor < count ? lower[cursor] : nil
    }

    /// Where the cell ends with which so much mass is exceeded; nil if there is not more.
    func end(ofCellExceeding target: Double) -> Double? {
        let cell = first { sums[$0 &+ 1] > target }
        return cell < count ? upper[cell] : nil
    }

    /// Whether a cell lies below a value altogether.
    @inline(__always) private func isPassed(_ cell: Int, _ x: Double) -> Bool { upper[cell] <= x && lower[cell] < x }

    /// - Parameter cell: how many cells lie below x altogether.
    @inline(__always) private func at(_ x: Double, after cell: Int) -> Double {
        guard cell < count && lower[cell] < x else { return sums[cell] }
        return sums[cell] + mass[cell] / (upper[cell] - lower[cell]) * (x - lower[cell])
    }

    /// The first cell of which something holds that holds of all after it too; the number of cells if there is none.
    @inline(__always) private func first(_ holds: (Int) -> Bool) -> Int { first(in: 0, count, holds) }

    /// The same where it is known to be no earlier than a cell, and may be near it.
    @inline(__always) private func first(from cell: Int, _ holds: (Int) -> Bool) -> Int {
        var low = cell
        var step = 8
        while low &+ step < count && !holds(low &+ step) {
            low &+= step
            step &*= 2
        }
        return first(in: low, Swift.min(low &+ step, count), holds)
    }

    @inline(__always) private func first(in low: Int, _ high: Int, _ holds: (Int) -> Bool) -> Int {
        var (low, high) = (low, high)
        while low < high {
            let middle = (low &+ high) / 2
            if holds(middle) { high = middle } else { low = middle &+ 1 }
        }
        return low
    }
}
