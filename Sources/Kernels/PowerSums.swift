/// Sums of powers of d = x − pilot over a block, and Σ|x|.
struct PowerSums {
    var pilot: Double
    var count: Double
    var first = 0.0
    var second = 0.0
    var third = 0.0
    var fourth = 0.0
    var absolute = 0.0

    init(pilot: Double, count: Double) {
        self.pilot = pilot
        self.count = count
    }

    /// Adds a value `weight` times, which `count` already includes.
    @inline(__always) mutating func add(_ value: Double, magnitude: Double, weight: Double = 1) {
        let d = value - pilot
        let square = d * d
        first += weight * d
        second += weight * square
        third += weight * (square * d)
        fourth += weight * (square * square)
        absolute += weight * magnitude
    }

    /// Whether the pilot is more than three standard deviations from the mean.
    var isPilotFar: Bool {
        let square = first * first / count
        return square > 9 * (second - square)
    }

    /// The sums that `sum` gives about a good pilot.
    ///
    /// About a pilot far from the mean, S₂ − n·m² would cost digits; then `sum` is called once more with the mean just found.
    static func aboutMean(startingFrom pilot: Double, _ sum: (_ pilot: Double) -> PowerSums) -> PowerSums {
        let sums = sum(pilot)
        return sums.isPilotFar ? sum(pilot + sums.first / sums.count) : sums
    }
}

/// `PowerSums` of four interleaved quarters of a block.
struct PowerSumLanes {
    typealias Lanes = SIMD4<Double>
    private var first = Lanes()
    private var second = Lanes()
    private var third = Lanes()
    private var fourth = Lanes()
    private var absolute = Lanes()

    /// Adds four values, given as their deviations from the pilot.
    @inline(__always) mutating func add(deviations d: Lanes, magnitudes: Lanes) {
        let square = d * d
        first += d
        second += square
        third += square * d
        fourth += square * square
        absolute += magnitudes
    }

    /// All lanes together, added up in the same order always.
    func sums(pilot: Double, count: Int) -> PowerSums {
        func total(_ lanes: Lanes) -> Double { (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) }
        var sums = PowerSums(pilot: pilot, count: Double(count))
        sums.first = total(first)
        sums.second = total(second)
        sums.third = total(third)
        sums.fourth = total(fourth)
        sums.absolute = total(absolute)
        return sums
    }
}

extension SIMD4<Double> {
    /// |x| of each lane.
    @inline(__always) var magnitudes: SIMD4<Double> {
        unsafeBitCast(unsafeBitCast(self, to: SIMD4<UInt64>.self) & SIMD4<UInt64>(repeating: ~(1 << 63)), to: Self.self)
    }
}

/// The middle one of three values.
///
/// As a pilot it withstands an outlier, and a constant block has d = 0 exactly.
func median(_ a: Double, _ b: Double, _ c: Double) -> Double {
    Swift.max(Swift.min(a, b), Swift.min(Swift.max(a, b), c))
}
