/// A distribution as ascending, disjoint cells, each with the mass that is spread evenly over it.
///
/// A cell of width 0 is a point: mass that sits at one value. The three arrays have one entry per cell.
package struct Cells: Sendable, Equatable {
    package var lower: [Double] = []
    package var upper: [Double] = []
    /// In elements; not necessarily whole numbers.
    package var mass: [Double] = []
    /// The sum of `mass`.
    package var total = 0.0

    package init() {}

    /// The points of an ascending sample; equal values become one cell.
    package init(points values: [Double]) {
        reserve(values.count)
        var index = 0
        while index < values.count {
            let value = values[index]
            var next = index + 1
            while next < values.count && values[next] == value { next += 1 }
            append(lower: value, upper: value, mass: Double(next - index))
            index = next
        }
    }

    /// Cells that hold these masses.
    ///
    /// - Parameter range: of the values in the cell with an index.
    @inline(__always) init(masses: [Double], range: (Int) -> (lower: Double, upper: Double)) {
        self.init(masses: masses, total: masses.reduce(0, +), range: range)
    }

    /// The same masses in other places.
    @inline(__always) func moved(to range: (Int) -> (lower: Double, upper: Double)) -> Cells {
        Cells(masses: mass, total: total, range: range)
    }

    @inline(__always) private init(masses: [Double], total: Double, range: (Int) -> (lower: Double, upper: Double)) {
        mass = masses
        self.total = total
        var uppers: [Double] = []
        lower = Array(unsafeUninitializedCapacity: masses.count) { lower, count in
            uppers = Array(unsafeUninitializedCapacity: masses.count) { upper, count in
                for index in 0..<masses.count {
                    let cell = range(index)
                    lower.initializeElement(at: index, to: cell.lower)
                    upper.initializeElement(at: index, to: cell.upper)
                }
                count = masses.count
            }
            count = masses.count
        }
        upper = uppers
    }

    package var count: Int { mass.count }

    package mutating func reserve(_ count: Int) {
        lower.reserveCapacity(count)
        upper.reserveCapacity(count)
        mass.reserveCapacity(count)
    }

    package mutating func append(lower low: Double, upper high: Double, mass amount: Double) {
        lower.append(low)
        upper.append(high)
        mass.append(amount)
        total += amount
    }

    /// Takes `amount` out of cell `index`, at most what it holds.
    package mutating func remove(_ amount: Double, from index: Int) {
        let taken = Swift.min(amount, mass[index])
        mass[index] -= taken
        total -= taken
    }

    /// The least value with a share of at least `share` (0 to 1) of the mass at or below it; NaN without mass.
    package func quantile(_ share: Double) -> Double {
        let target = share * total
        var passed = 0.0
        var last = Double.nan
        return mass.withUnsafeBufferPointer { mass in
            for index in mass.indices where mass[index] > 0 {
                if target <= passed + mass[index] {
                    return lower[index] + (upper[index] - lower[index]) * ((target - passed) / mass[index])
                }
                passed += mass[index]
                last = upper[index]
            }
            return last
        }
    }
}

extension Cells {
    /// What lies from `from` up to, but not at, `to`. A cell across a limit is divided.
    func part(from: Double, to: Double) -> Cells {
        let first = firstIndex { lower[$0] >= from || upper[$0] > from }
        let end = firstIndex { lower[$0] >= to }
        guard first < end else { return Cells() }
        var part = Cells()
        part.lower = Array(lower[first..<end])
        part.upper = Array(upper[first..<end])
        part.mass = Array(mass[first..<end])
        part.clip(0, from, to)
        part.clip(end - first - 1, from, to)
        part.total = part.mass.reduce(0, +)
        return part
    }

    /// Leaves of a cell what lies between two limits.
    private mutating func clip(_ index: Int, _ from: Double, _ to: Double) {
        let width = upper[index] - lower[index]
        if width == 0 { return }
        lower[index] = max(lower[index], from)
        upper[index] = min(upper[index], to)
        mass[index] *= (upper[index] - lower[index]) / width
    }

    /// The first cell of which something holds that holds of all after it too.
    private func firstIndex(_ holds: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
