import Kernels
import Sketches

/// A way values are stored before they are sketched.
enum Storage: String, CaseIterable {
    case float32, bfloat16, float16, float8_e4m3fn, int8

    /// The program has one thread.
    private nonisolated(unsafe) static let scratch = Scratch()

    /// The sketch of values rounded to this dtype. int8 holds them in units of a twentieth.
    func sketch(_ values: [Double]) -> Sketch {
        switch self {
        case .float32: sketch(of: values.map { Float($0).bitPattern }, .float32)
        case .bfloat16: sketch(of: values.map(Self.bfloat16), .bfloat16)
        case .float16: sketch(of: values.map { Self.rounded($0, precision: 10, floor: -24, limit: 65504) }.map(float16Pattern), .float16)
        case .float8_e4m3fn: sketch(of: values.map(Self.float8), .float8_e4m3fn)
        case .int8: sketch(of: values.map { $0.isFinite ? Int8(max(-127, min(127, ($0 * 20).rounded()))) : 0 }, .int8)
        }
    }

    private func sketch<Bits>(of bits: [Bits], _ type: ElementType) -> Sketch {
        bits.withUnsafeBytes { bytes in
            let buffer = ElementBuffer(start: bytes.baseAddress, count: bits.count, type: type)
            return Sketch(CollectionOfOne(buffer), exactLimit: 4096, origin: nil, scratch: Self.scratch)
        }
    }

    private static func bfloat16(_ value: Double) -> UInt16 {
        let bits = Float(value).bitPattern
        if !value.isFinite { return UInt16(bits >> 16) }
        return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
    }

    /// The nearest number of a binary floating-point type.
    static func rounded(_ value: Double, precision: Int, floor: Int, limit: Double) -> Double {
        guard value.isFinite, value != 0 else { return value.isFinite ? value : 0 }
        let unit = Double(sign: .plus, exponent: max(Int(value.exponent) - precision, floor), significand: 1)
        return max(-limit, min(limit, (value / unit).rounded(.toNearestOrEven) * unit))
    }

    private static func float8(_ value: Double) -> UInt8 {
        let rounded = rounded(value, precision: 3, floor: -9, limit: 448)
        let sign: UInt8 = rounded < 0 ? 0x80 : 0
        let magnitude = abs(rounded)
        if magnitude < 0x1p-6 { return sign | UInt8(magnitude * 0x1p9) }
        let exponent = Int(magnitude.exponent)
        return sign | UInt8((exponent + 7) << 3) | UInt8((magnitude / Double(sign: .plus, exponent: exponent, significand: 1) - 1) * 8)
    }
}
