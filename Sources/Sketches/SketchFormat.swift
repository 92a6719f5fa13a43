import Kernels

/// Why bytes are not a sketch.
package enum SketchFormatError: Error, Equatable {
    /// What is wrong with the bytes, as a sentence without a full stop.
    case notASketch(String)
    /// They were written by a later library, in this version of the format.
    case newerVersion(UInt8)
}

/// A sketch as bytes, version 2.
///
/// All numbers are little-endian; f64 is a float64 pattern. A varint is LEB128: seven bits a byte, the lowest first, the top bit set
/// on all bytes but the last, no padding. In order:
///
/// | part | bytes |
/// | --- | --- |
/// | magic | the four letters `FRKS` |
/// | version | u8: 2 |
/// | element type | u8: 0 none yet, 1 float32, 2 float64, 3 float16, 4 bfloat16, 5 float8_e4m3fn, 6 float8_e5m2, 7 int8, 255 several |
/// | flags | u8: 1 the values are kept, 2 all are edges of bins, 4 there is an origin, 8 there are counts about it, 16 counts are of a sample |
/// | exact limit | varint |
/// | origin | f64, if flag 4 |
/// | counted share | f64 above 0 and below 1, if flag 16: of the finite values, from which the counts by code are scaled up to all |
/// | counts | six varints: NaN, +∞, −∞, zeros, subnormals, finite values |
/// | figures | if there are finite values: seven f64 (min, max, Σ\|x\|, mean, m₂, m₃, m₄) and the moments' exponent as i16 |
/// | values | if flag 1: u8, the element type they are written in (the narrowest that holds all), then the values, ascending |
/// | counts by code | if not flag 1: a histogram |
/// | counts about the origin | if flag 8: a histogram |
/// | checksum | u32: CRC-32 of everything before it |
///
/// A histogram begins with a u8, its mantissa bits b (1 to 7; the lower 7 − b bits of every code are zero), and a varint, the number of
/// bins. Then each bin, ascending in value: a varint, 2·count + g, and if g is 1 another, how many places were skipped since the last
/// bin (at first: since place 0). A code's place is its place in the order of values, `Code.rank`, without the lower 7 − b bits. No
/// count and no number of skipped places is 0.
///
/// In version 1, which is still read, there are no mantissa bits (they are 7), and a bin is two varints: the places skipped, and the
/// count.
///
/// Values are kept exactly if there are no more than the exact limit; there are counts about the origin exactly if there is one
/// and the values are not kept.
enum SketchFormat {
    static let magic: [UInt8] = Array("FRKS".utf8)
    static let version: UInt8 = 2
    static let checksumLength = 4

    /// The element type's byte for a sketch of several types.
    static let severalTypes: UInt8 = 255

    struct Flags: OptionSet {
        var rawValue: UInt8
        static let exact = Flags(rawValue: 1)
        static let onBinEdges = Flags(rawValue: 2)
        static let origin = Flags(rawValue: 4)
        static let centred = Flags(rawValue: 8)
        static let sampled = Flags(rawValue: 16)
        static let all: Flags = [.exact, .onBinEdges, .origin, .centred, .sampled]
    }

    /// The narrowest type that holds all the values and their signs: bfloat16, float16 if they were stored so, float32 or float64.
    static func narrowestType(for values: [Double], of stored: ElementType?) -> ElementType {
        if values.allSatisfy({ Code.innerEdge(Code.of($0)).bitPattern == $0.bitPattern }) { return .bfloat16 }
        if stored == .float16 { return .float16 }
        return values.allSatisfy { Double(Float($0)).bitPattern == $0.bitPattern } ? .float32 : .float64
    }
}
