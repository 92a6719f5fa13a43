/// Arithmetic of codes: the upper 16 bits of a value's float32 pattern, which are sign, exponent and seven mantissa bits.
///
/// A finite code names a bin of values. In magnitude the bin begins at the float32 whose lower 16 bits are zero, which
/// belongs to it, and ends before the next such value. From 2⁻¹²⁶ up a bin spans 1/128 of a power of two; below, bins are
/// 2⁻¹³³ wide. Codes 0x0000 and 0x8000 hold ±0 and what is smaller than 2⁻¹³³; 0x7F7F ends at 2¹²⁸.
package enum Code {
    /// How many codes there are, those of NaN and infinity included.
    package static let count = 65_536

    /// The largest finite code without its sign.
    package static let largest: UInt16 = 0x7F7F

    /// The difference between float64's and float32's exponent bias, where it lands in the upper half of a pattern.
    private static let rebias: UInt64 = (1023 - 127) << 7

    /// The bits of a float64 that a code leaves out.
    static let droppedBits: UInt64 = (1 << 45) - 1

    /// The code of a value within float32's normal range; nil for any other.
    @inline(__always) static func ofNormal(_ value: Double) -> UInt16? {
        let magnitude = value.bitPattern & ~(1 << 63)
        let code = (magnitude >> 45) &- rebias
        guard code &- 128 <= UInt64(largest) - 128 else { return nil }
        return UInt16(truncatingIfNeeded: value.bitPattern >> 48) & 0x8000 | UInt16(truncatingIfNeeded: code)
    }

    /// The code of a finite value, truncated towards zero and never rounded. Beyond float32's range it saturates into the
    /// largest finite code.
    package static func of(_ value: Double) -> UInt16 {
        let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 48) & 0x8000
        let magnitude = value.bitPattern & ~(1 << 63)
        let upper = magnitude >> 45
        if upper >= rebias + 128 {
            return sign | UInt16(truncatingIfNeeded: Swift.min(upper - rebias, UInt64(largest)))
        }
        // float32's subnormals: the mantissa with its leading one, shifted down by what the exponent lacks.
        let shift = (rebias >> 7) + 1 - (upper >> 7)
        return shift > 7 ? sign : sign | UInt16(truncatingIfNeeded: (0x80 | (upper & 0x7F)) >> shift)
    }

    /// The edge of a finite code's bin that is nearer to zero, with the code's sign.
    package static func innerEdge(_ code: UInt16) -> Double {
        edge(code & 0x7FFF, negative: code >= 0x8000)
    }

    /// The edge of a finite code's bin that is farther from zero, with the code's sign: not in the bin itself.
    package static func outerEdge(_ code: UInt16) -> Double {
        edge((code & 0x7FFF) + 1, negative: code >= 0x8000)
    }

    /// The same edge of the bin that a code names when only its upper `mantissaBits` of seven count.
    package static func outerEdge(_ code: UInt16, mantissaBits: Int) -> Double {
        outerEdge(code | ((1 << UInt16(7 - mantissaBits)) - 1))
    }

    /// The code of the bin that holds `code` when only its upper `mantissaBits` of seven count: the others are zero.
    package static func coarse(_ code: UInt16, mantissaBits: Int) -> UInt16 {
        code & ~((1 << UInt16(7 - mantissaBits)) - 1)
    }

    /// The place of a code in the order of values, 0 to 65,535: −NaN, −∞, …, −0, +0, …, +∞, NaN.
    package static func rank(_ code: UInt16) -> UInt16 {
        code ^ (code >= 0x8000 ? 0xFFFF : 0x8000)
    }

    /// The code that has this place in the order of values.
    package static func ofRank(_ rank: UInt16) -> UInt16 {
        rank ^ (rank >= 0x8000 ? 0x8000 : 0xFFFF)
    }

    /// Built from integers, so that a processor that flushes subnormals makes no difference.
    private static func edge(_ magnitude: UInt16, negative: Bool) -> Double {
        let sign: UInt64 = negative ? 1 << 63 : 0
        guard magnitude < 128 else { return Double(bitPattern: sign | (UInt64(magnitude) + rebias) << 45) }
        let edge = Double(magnitude) * 0x1p-133
        return negative ? -edge : edge
    }
}

extension Double {
    /// An integer that is ordered as the values are, with −0 before +0, −NaN first and NaN last.
    package var orderKey: Int64 {
        let bits = Int64(bitPattern: bitPattern)
        return bits ^ ((bits >> 63) & Int64.max)
    }

    /// The value with this order key.
    package init(orderKey: Int64) {
        self.init(bitPattern: UInt64(bitPattern: orderKey ^ ((orderKey >> 63) & Int64.max)))
    }
}
