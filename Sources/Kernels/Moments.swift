/// Count, mean and central moment sums of finite values, mergeable.
///
/// Sums are merged by Pébay's formulas (Sandia report SAND2008-6212). The count is exact; mean and sums carry rounding errors
/// of float64.
package struct Moments: Sendable, Equatable {
    package var count: UInt64 = 0
    package var mean = 0.0

    /// Sums of the second, third and fourth power of the deviations from the mean, measured in units of 2^`exponent`.
    package var m2 = 0.0
    package var m3 = 0.0
    package var m4 = 0.0

    /// 0 unless magnitudes are so extreme (float64 alone) that fourth powers would leave float64's range.
    package var exponent = 0

    package init() {}

    /// Adds the values that `other` has seen.
    package mutating func merge(_ other: Moments) {
        guard other.count > 0 else { return }
        guard count > 0 else { return self = other }
        let unit = Moments.commonExponent(self, other)
        rescale(to: unit)
        var other = other
        other.rescale(to: unit)

        let down = Double.powerOf2(-unit)
        let delta = other.mean * down - mean * down
        let total = Double(count) + Double(other.count)
        let a = Double(count) / total
        let b = Double(other.count) / total
        let square = delta * delta
        m4 += other.m4 + square * square * total * a * b * (a * a - a * b + b * b)
            + 6 * square * (a * a * other.m2 + b * b * m2) + 4 * delta * (a * other.m3 - b * m3)
        m3 += other.m3 + square * delta * total * a * b * (a - b) + 3 * delta * (a * other.m2 - b * m2)
        m2 += other.m2 + square * total * a * b
        mean = (mean * down + delta * b) * Double.powerOf2(unit)
        count += other.count
    }

    private mutating func rescale(to unit: Int) {
        guard unit != exponent else { return }
        let factor = Double.powerOf2(exponent - unit)
        let square = factor * factor
        m2 *= square
        m3 *= square * factor
        m4 *= square * square
        exponent = unit
    }

    /// The larger exponent of the two; a side of nothing but zeros has no say.
    private static func commonExponent(_ a: Moments, _ b: Moments) -> Int {
        if a.mean == 0 && a.m2 == 0 { return b.exponent }
        if b.mean == 0 && b.m2 == 0 { return a.exponent }
        return Swift.max(a.exponent, b.exponent)
    }
}

extension Moments {
    /// The moments of a block from its power sums, which were taken of values in units of 2^`exponent`.
    init(_ sums: PowerSums, exponent: Int = 0) {
        self.init()
        let n = sums.count
        let m = sums.first / n
        count = UInt64(n)
        mean = (sums.pilot + m) * Double.powerOf2(exponent)
        m2 = Swift.max(0, sums.second - n * m * m)
        m3 = sums.third - 3 * m * sums.second + 2 * n * m * m * m
        m4 = Swift.max(0, sums.fourth - 4 * m * sums.third + 6 * m * m * sums.second - 3 * n * m * m * m * m)
        self.exponent = exponent
    }

    /// The exponent of the unit in which values of up to this magnitude are measured: 0 if fourth powers of deviations down to the
    /// last place, and the sum of 2⁵³ of the largest, are well within float64's range.
    static func unit(largest: Double) -> Int {
        guard largest > 0 else { return 0 }
        let exponent = Int(largest.exponent)
        return (-180...240).contains(exponent) ? 0 : Swift.min(Swift.max(exponent, -1000), 1000)
    }
}

extension Double {
    /// 2^exponent; 0 or ∞ where float64 has no such number.
    package static func powerOf2(_ exponent: Int) -> Double {
        if exponent == 0 { return 1 }
        return Double(sign: .plus, exponent: exponent, significand: 1)
    }
}
