import Kernels

/// Why bytes are not a sketch.
package enum SketchFormatError: Error, Equatable {
    /// What is wrong with the bytes, as a sentence without a full stop.
    case notASketch(String)
    /// They were written by a later library, in this version of the format.
    case newerVersion(UInt8)
}

/// A sketch as bytes, version 1.
///
/// All numbers are little-endian; f64 is a float64 pattern. A varint is LEB128: seven bits a byte, the lowest first, the top bit set
/// on all bytes but the last, no padding. In order:
///
/// | part | bytes |
/// | --- | --- |
/// | magic | the four letters `FRKS` |
/// | version | u8: 1 |
/// | element type | u8: 0 none yet, 1 float32, 2 float64, 3 float16, 4 bfloat16, 5 float8_e4m3fn, 6 float8_e5m2, 7 int8, 255 several |
/// | flags | u8: 1 the values are kept, 2 all are edges of bins, 4 there is an origin, 8 there are counts about it |
/// | exact limit | varint |
/// | origin | f64, if flag 4 |
/// | counts | six varints: NaN, +∞, −∞, zeros, subnormals, finite values |
/// | figures | if there are finite values: seven f64 (min, max, Σ\|x\|, mean, m₂, m₃, m₄) and the moments' exponent as i16 |
/// | values | if flag 1: u8, the element type they are written in (the narrowest that holds all), then the values, ascending |
/// | counts by code | if not flag 1: a histogram |
/// | counts about the origin | if flag 8: a histogram |
/// | checksum | u32: CRC-32 of everything before it |
///
/// A histogram is a varint, the number of bins, then for each bin two varints: how many ranks were skipped since the last bin
/// (a code's rank is its place in the order of values, `Code.rank`), and the count, which is not 0.
///
/// Values are kept exactly if there are no more than the exact limit; there are counts about the origin exactly if there is one
/// and the values are not kept.
enum SketchFormat {
    static let magic: [UInt8] = Array("FRKS".utf8)
    static let version: UInt8 = 1
    static let checksumLength = 4

    /// The element type's byte for a sketch of several types.
    static let severalTypes: UInt8 = 255

    struct Flags: OptionSet {
        var rawValue: UInt8
        static let exact = Flags(rawValue: 1)
        static let onBinEdges = Flags(rawValue: 2)
        static let origin = Flags(rawValue: 4)
        static let centred = Flags(rawValue: 8)
        static let all: Flags = [.exact, .onBinEdges, .origin, .centred]
    }

    /// The narrowest type that holds all the values and their signs: bfloat16, float16 if they were stored so, float32 or float64.
    static func narrowestType(for values: [Double], of stored: ElementType?) -> ElementType {
        if values.allSatisfy({ Code.innerEdge(Code.of($0)).bitPattern == $0.bitPattern }) { return .bfloat16 }
        if stored == .float16 { return .float16 }
        return values.allSatisfy { Double(Float($0)).bitPattern == $0.bitPattern } ? .float32 : .float64
    }
}
