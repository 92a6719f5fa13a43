/// Count, mean and central moment sums of finite values, mergeable.
///
/// Sums are merged by Pébay's formulas (Sandia report SAND2008-6212). A merge is exact for the count; means and sums
/// carry rounding errors of a few units in the last place of float64.
package struct Moments: Sendable, Equatable {
    package var count: UInt64 = 0
    package var mean = 0.0

    /// Sums of the deviations' second, third and fourth power, the deviations measured in units of 2^`exponent`.
    package var m2 = 0.0
    package var m3 = 0.0
    package var m4 = 0.0

    /// 0 unless magnitudes are so extreme (float64 only) that a fourth power would leave float64's range.
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

        let down = Double.power2(-unit)
        let delta = other.mean * down - mean * down
        let total = Double(count) + Double(other.count)
        let a = Double(count) / total
        let b = Double(other.count) / total
        let square = delta * delta
        m4 += other.m4 + square * square * total * a * b * (a * a - a * b + b * b)
            + 6 * square * (a * a * other.m2 + b * b * m2) + 4 * delta * (a * other.m3 - b * m3)
        m3 += other.m3 + square * delta * total * a * b * (a - b) + 3 * delta * (a * other.m2 - b * m2)
        m2 += other.m2 + square * total * a * b
        mean = (mean * down + delta * b) * Double.power2(unit)
        count += other.count
    }

    private mutating func rescale(to unit: Int) {
        guard unit != exponent else { return }
        let factor = Double.power2(exponent - unit)
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
    /// The moments of one block of finite values.
    ///
    /// The sums are taken about a pilot, the median of three of the values, so that d = x − pilot is small and a constant block
    /// has d = 0 exactly. If the pilot turns out to be far from the mean in units of the standard deviation, subtracting
    /// would cost digits, and the block is summed once more about the mean just found.
    ///
    /// - Parameter largest: the largest magnitude among the values.
    init(_ values: UnsafeBufferPointer<Double>, largest: Double) {
        guard !values.isEmpty else {
            self.init()
            return
        }
        let unit = Moments.unit(largest: largest)
        let down = Double.power2(-unit)
        let pilot = medianOf3(values[0], values[values.count / 2], values[values.count - 1]) * down
        var sums = PowerSums(pilot: pilot)
        for value in values { sums.add(value * down) }
        if sums.pilotIsFar {
            var second = PowerSums(pilot: pilot + sums.first / sums.count)
            for value in values { second.add(value * down) }
            sums = second
        }
        self.init(sums, exponent: unit)
    }

    init(_ sums: PowerSums, exponent: Int) {
        self.init()
        let n = sums.count
        let m = sums.first / n
        count = UInt64(n)
        mean = (sums.pilot + m) * Double.power2(exponent)
        m2 = Swift.max(0, sums.second - n * m * m)
        m3 = sums.third - 3 * m * sums.second + 2 * n * m * m * m
        m4 = Swift.max(0, sums.fourth - 4 * m * sums.third + 6 * m * m * sums.second - 3 * n * m * m * m * m)
        self.exponent = exponent
    }

    /// The exponent of the unit in which values of up to this magnitude are measured.
    static func unit(largest: Double) -> Int {
        guard largest > 0 else { return 0 }
        let exponent = Int(largest.exponent)
        return (-180...240).contains(exponent) ? 0 : Swift.min(Swift.max(exponent, -1000), 1000)
    }
}

/// Sums of powers of d = x − pilot.
struct PowerSums {
    var pilot: Double
    var count = 0.0
    var first = 0.0
    var second = 0.0
    var third = 0.0
    var fourth = 0.0

    init(pilot: Double) { self.pilot = pilot }

    mutating func add(_ value: Double) {
        let d = value - pilot
        let square = d * d
        count += 1
        first += d
        second += square
        third += square * d
        fourth += square * square
    }

    /// Whether the pilot is more than three standard deviations from the mean.
    var pilotIsFar: Bool {
        let square = first * first / count
        return square > 9 * (second - square)
    }
}

/// The middle one of three values.
func medianOf3(_ a: Double, _ b: Double, _ c: Double) -> Double {
    Swift.max(Swift.min(a, b), Swift.min(Swift.max(a, b), c))
}

extension Double {
    /// 2^exponent, for exponents of −2000 to 2000: 0 or ∞ where float64 has no such number.
    static func power2(_ exponent: Int) -> Double {
        Double(sign: .plus, exponent: exponent, significand: 1)
    }
}
