import Kernels

/// The values a floating-point type can represent, and how far each one's cell reaches.
///
/// Values are spaced 2^(e − precision) apart between 2^e and 2^(e+1) in magnitude, but never closer than 2^floor.
struct Lattice: Sendable, Equatable {
    /// Explicit bits of the mantissa.
    let precision: Int
    /// The exponent of the smallest subnormal.
    let floor: Int

    static let bfloat16 = Lattice(precision: 7, floor: -133)
    static let e4m3fn = Lattice(precision: 3, floor: -9)
    static let e5m2 = Lattice(precision: 2, floor: -16)
    /// Whole numbers: none of an int8's is large enough for a wider spacing.
    static let int8 = Lattice(precision: 7, floor: 0)
    static let float16 = Lattice(precision: 10, floor: -24)
    static let float32 = Lattice(precision: 23, floor: -149)
    static let float64 = Lattice(precision: 52, floor: -1074)

    init(precision: Int, floor: Int) {
        self.precision = precision
        self.floor = floor
    }

    init(_ type: ElementType) {
        self =
            switch type {
            case .float32: .float32
            case .float64: .float64
            case .float16: .float16
            case .bfloat16: .bfloat16
            case .float8_e4m3fn: .e4m3fn
            case .float8_e5m2: .e5m2
            case .int8: .int8
            }
    }

    /// The same without the values that are no edges of bins: bfloat16 values, in whatever type.
    var onBinEdges: Lattice {
        precision > Self.bfloat16.precision
            ? Lattice(precision: Self.bfloat16.precision, floor: Swift.max(floor, Self.bfloat16.floor)) : self
    }

    /// The first and last value of a narrow dtype, at which larger ones saturate; nil for dtypes whose range nobody exhausts.
    static func limits(of type: ElementType) -> ClosedRange<Double>? {
        switch type {
        case .int8: -127...127
        case .float8_e4m3fn: -448...448
        case .float8_e5m2: -57344...57344
        case .float16: -65504...65504
        case .float32, .float64, .bfloat16: nil
        }
    }

    /// The Voronoi cell of a value of the lattice: all that is nearer to it than to the values beside it. At a power of two it
    /// reaches half as far towards zero as away from it.
    func cell(of value: Double) -> (lower: Double, upper: Double) {
        let outward = spacing(outside: value.magnitude) / 2
        let inward = spacing(inside: value.magnitude) / 2
        return value < 0 ? (value - outward, value + inward) : (value - inward, value + outward)
    }

    /// The cells of all values of the lattice in a bin: those in [lower, upper) above 0, in (lower, upper] below. The bin itself
    /// if there is none.
    func cells(lower: Double, upper: Double, isNegative: Bool) -> (lower: Double, upper: Double) {
        if isNegative {
            let mirrored = cells(lower: -upper, upper: -lower, isNegative: false)
            return (-mirrored.upper, -mirrored.lower)
        }
        let first = roundedUp(lower)
        var last = -roundedUp(-upper)
        if last == upper { last -= upper > 0 ? spacing(inside: upper) : spacing(outside: -upper) }
        return first <= last ? (cell(of: first).lower, cell(of: last).upper) : (lower, upper)
    }

    /// The same for a bin of a sketch.
    @inline(__always) func cells(ofBin lower: Double, _ upper: Double, isNegative: Bool) -> (lower: Double, upper: Double) {
        // Where the lattice is not coarser than such bins, their edges are values of it or, near zero, it is even.
        guard precision >= 7 else { return cells(lower: lower, upper: upper, isNegative: isNegative) }
        let (inner, outer) = isNegative ? (upper, lower) : (lower, upper)
        let near: Double
        let far: Double
        if inner.binaryExponent > floor + precision {
            // Half a value further in, at powers of two as well: the pattern goes on as it does below.
            let half: UInt64 = 1 << UInt64(51 - precision)
            near = Double(bitPattern: inner.bitPattern - half)
            far = Double(bitPattern: outer.bitPattern - half)
        } else {
            let spacing = Double.power(ofTwo: floor)
            let first = (inner.magnitude / spacing).rounded(.up)
            let end = (outer.magnitude / spacing).rounded(.up)
            guard first < end else { return (lower, upper) }
            near = (isNegative ? -spacing : spacing) * (first - 0.5)
            far = (isNegative ? -spacing : spacing) * (end - 0.5)
        }
        return isNegative ? (far, near) : (near, far)
    }

    /// The least value of the lattice that is not below `value`.
    private func roundedUp(_ value: Double) -> Double {
        let step = spacing(outside: value.magnitude)
        return (value / step).rounded(.up) * step
    }

    /// The distance to the next value away from zero.
    private func spacing(outside magnitude: Double) -> Double {
        Double.power(ofTwo: Swift.max(magnitude.binaryExponent - precision, floor))
    }

    /// The distance to the next value towards zero; at 0 the same as away from it.
    private func spacing(inside magnitude: Double) -> Double {
        let exponent = magnitude.binaryExponent
        let isPower = magnitude == Double.power(ofTwo: exponent)
        return Double.power(ofTwo: Swift.max(exponent - precision - (isPower ? 1 : 0), floor))
    }
}

extension Double {
    /// e for magnitudes from 2^e up to 2^(e+1); −1023 for 0 and for what is smaller than 2^−1022.
    var binaryExponent: Int { Int((bitPattern >> 52) & 0x7FF) - 1023 }

    /// 2^exponent, held between 2^−1022 and 2^1023.
    static func power(ofTwo exponent: Int) -> Double {
        Double(bitPattern: UInt64(Swift.min(Swift.max(exponent, -1022), 1023) + 1023) << 52)
    }
}
