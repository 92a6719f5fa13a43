import Kernels

/// Why bytes are not a sketch.
package enum SketchFormatError: Error, Equatable {
    /// What is wrong with the bytes, as a sentence without a full stop.
    case notASketch(String)
    /// They were written by a later library, in this version of the format.
    case newerVersion(UInt8)
}

/// The parts of the format that writer and reader share; FORMAT.md describes it byte by byte.
enum SketchFormat {
    static let magic: [UInt8] = Array("FRKS".utf8)
    static let version: UInt8 = 1
    static let checksumLength = 4

    static let severalTypes: UInt8 = 255

    struct Flags: OptionSet {
        var rawValue: UInt8
        static let exact = Flags(rawValue: 1)
        static let onBinEdges = Flags(rawValue: 2)
        static let origin = Flags(rawValue: 4)
        static let centred = Flags(rawValue: 8)
        static let all: Flags = [.exact, .onBinEdges, .origin, .centred]
    }

    /// The narrowest type that holds all the values and their signs.
    static func narrowestType(for values: [Double], of stored: ElementType?) -> ElementType {
        if values.allSatisfy({ Code.innerEdge(Code.of($0)).bitPattern == $0.bitPattern }) { return .bfloat16 }
        if stored == .float16 { return .float16 }
        return values.allSatisfy { Double(Float($0)).bitPattern == $0.bitPattern } ? .float32 : .float64
    }
}
