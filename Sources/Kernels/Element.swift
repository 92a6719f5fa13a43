/// What a kernel must know about a dtype to read its patterns as integers.
protocol Element {
    associatedtype Bits: FixedWidthInteger & UnsignedInteger & BitwiseCopyable

    /// The pattern of +∞: larger magnitudes are NaN.
    static var infinity: Bits { get }

    /// The pattern of the smallest normal number.
    static var smallestNormal: Bits { get }

    /// The value of a finite pattern, exactly.
    static func value(_ bits: Bits) -> Double
}

extension Element {
    /// All bits but the sign.
    @inline(__always) static var magnitudeMask: Bits { Bits.max >> 1 }

    /// An integer that is ordered as the values are, with −0 before +0.
    @inline(__always) static func orderKey(_ bits: Bits) -> Bits {
        bits > magnitudeMask ? ~bits : bits | ~magnitudeMask
    }

    /// The pattern with an order key.
    @inline(__always) static func bits(orderKey: Bits) -> Bits {
        orderKey > magnitudeMask ? orderKey & magnitudeMask : ~orderKey
    }
}

enum Float32Element: Element {
    static var infinity: UInt32 { 0x7F80_0000 }
    static var smallestNormal: UInt32 { 0x0080_0000 }
    @inline(__always) static func value(_ bits: UInt32) -> Double { Double(Float(bitPattern: bits)) }
}

enum Float64Element: Element {
    static var infinity: UInt64 { 0x7FF0_0000_0000_0000 }
    static var smallestNormal: UInt64 { 0x0010_0000_0000_0000 }
    @inline(__always) static func value(_ bits: UInt64) -> Double { Double(bitPattern: bits) }
}

enum BFloat16Element: Element {
    static var infinity: UInt16 { 0x7F80 }
    static var smallestNormal: UInt16 { 0x0080 }
    @inline(__always) static func value(_ bits: UInt16) -> Double { Double(Float(bitPattern: UInt32(bits) << 16)) }
}

/// float16 is taken apart by hand: `Float16` does not exist on every platform.
enum Float16Element: Element {
    static var infinity: UInt16 { 0x7C00 }
    static var smallestNormal: UInt16 { 0x0400 }

    @inline(__always) static func value(_ bits: UInt16) -> Double {
        let sign = UInt64(bits & 0x8000) << 48
        let magnitude = bits & 0x7FFF
        if magnitude >= smallestNormal {
            return Double(bitPattern: sign | (UInt64(magnitude) + (1023 - 15) << 10) << 42)
        }
        return Double(bitPattern: sign | (Double(magnitude) * 0x1p-24).bitPattern)
    }
}

/// The value of a pattern of a dtype, exactly; nil if it is not finite. The pattern is in the lower bits.
package func finiteValue(ofPattern pattern: UInt64, _ type: ElementType) -> Double? {
    func value<E: Element>(_ element: E.Type) -> Double? {
        let bits = E.Bits(truncatingIfNeeded: pattern)
        return bits & E.magnitudeMask < E.infinity ? E.value(bits) : nil
    }
    return switch type {
    case .float32: value(Float32Element.self)
    case .float64: value(Float64Element.self)
    case .float16: value(Float16Element.self)
    case .bfloat16: value(BFloat16Element.self)
    case .float8_e4m3fn, .float8_e5m2, .int8: ByteType.of(type)?.value(UInt8(truncatingIfNeeded: pattern))
    }
}

/// The float16 pattern of a value that float16 can hold.
package func float16Pattern(_ value: Double) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 48) & 0x8000
    let magnitude = abs(value)
    if magnitude < 0x1p-14 { return sign | UInt16(magnitude * 0x1p24) }
    return sign | UInt16(truncatingIfNeeded: (magnitude.bitPattern >> 42) &- (1023 - 15) << 10)
}
