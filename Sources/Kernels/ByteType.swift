/// A type of 8 bits. Each of its 256 patterns stands for a value that bfloat16 holds exactly, so that counts by pattern become
/// counts by bfloat16 pattern.
///
/// float8_e4m3fn and float8_e5m2 are those of "FP8 Formats for Deep Learning" (arXiv 2209.05433) as torch and ml_dtypes name them.
struct ByteType: Sendable {
    /// The bfloat16 pattern of each pattern's value.
    let bfloat16: [UInt16]

    /// The bfloat16 pattern of the smallest normal value.
    let smallestNormal: UInt16

    /// All patterns in the order of their bfloat16 patterns: −NaN, −∞, …, −0, +0, …, +∞, NaN.
    let ascending: [UInt8]

    /// nil for wider types.
    static func of(_ type: ElementType) -> ByteType? {
        switch type {
        case .float8_e4m3fn: e4m3fn
        case .float8_e5m2: e5m2
        case .int8: int8
        default: nil
        }
    }

    /// A bias of 7, no infinity, NaN only where all bits but the sign are set.
    private static let e4m3fn = ByteType(smallestNormal: 0x1p-6) { pattern in
        let magnitude = pattern & 0x7F
        if magnitude == 0x7F { return nil }
        let exponent = Int(magnitude >> 3)
        let mantissa = Double(magnitude & 7)
        let value = exponent == 0 ? mantissa * 0x1p-9 : (8 + mantissa) * Double.powerOf2(exponent - 10)
        return pattern == magnitude ? value : -value
    }

    /// The upper half of a float16.
    private static let e5m2 = ByteType(smallestNormal: 0x1p-14) { pattern in
        let half = UInt16(pattern) << 8
        return half & 0x7FFF < Float16Element.infinity ? Float16Element.value(half) : nil
    }

    private static let int8 = ByteType(smallestNormal: 1) { Double(Int8(bitPattern: $0)) }

    /// - Parameter value: of a pattern; nil for NaN and infinities.
    private init(smallestNormal: Double, value: (UInt8) -> Double?) {
        let bfloat16 = (UInt8.min ... .max).map { pattern -> UInt16 in
            if let value = value(pattern) { return Code.of(value) }
            // float8_e5m2's exponent all ones with no mantissa is infinity.
            return (UInt16(pattern) & 0x80) << 8 | (pattern & 0x7F == 0x7C ? BFloat16Element.infinity : 0x7FC0)
        }
        self.bfloat16 = bfloat16
        self.smallestNormal = Code.of(smallestNormal)
        ascending = (UInt8.min ... .max).sorted {
            Code.rank(bfloat16[Int($0)]) < Code.rank(bfloat16[Int($1)])
        }
    }

    /// The value of a pattern; nil if it is not finite.
    func value(_ pattern: UInt8) -> Double? {
        let pattern = bfloat16[Int(pattern)]
        return pattern & 0x7FFF < BFloat16Element.infinity ? BFloat16Element.value(pattern) : nil
    }
}

/// Counters for the 256 patterns of bytes, all zero between passes.
///
/// Eight of them, which neighbouring elements take in turn: a counter that is incremented twice in a row would wait for itself.
final class ByteCounts {
    private static let copies = 8
    private let table: UnsafeMutablePointer<UInt32>

    init() {
        table = .allocate(capacity: 256 * ByteCounts.copies)
        table.initialize(repeating: 0, count: 256 * ByteCounts.copies)
    }

    deinit { table.deallocate() }

    @inline(never) func add(_ start: UnsafeRawPointer, _ count: Int) {
        var i = 0
        while i &+ 8 <= count {
            let eight = start.loadUnaligned(fromByteOffset: i, as: UInt64.self)
            table[Int(eight & 0xFF)] &+= 1
            table[Int(256 | (eight >> 8) & 0xFF)] &+= 1
            table[Int(512 | (eight >> 16) & 0xFF)] &+= 1
            table[Int(768 | (eight >> 24) & 0xFF)] &+= 1
            table[Int(1024 | (eight >> 32) & 0xFF)] &+= 1
            table[Int(1280 | (eight >> 40) & 0xFF)] &+= 1
            table[Int(1536 | (eight >> 48) & 0xFF)] &+= 1
            table[Int(1792 | eight >> 56)] &+= 1
            i &+= 8
        }
        while i < count {
            table[Int(start.load(fromByteOffset: i, as: UInt8.self))] &+= 1
            i &+= 1
        }
    }

    /// Moves the counters that are not zero to counts by bfloat16 pattern.
    func take(_ type: ByteType) -> CodeCounts {
        var result = CodeCounts()
        for pattern in type.ascending {
            var count: UInt64 = 0
            for copy in 0..<ByteCounts.copies { count += UInt64(table[copy << 8 | Int(pattern)]) }
            if count > 0 { result.append(type.bfloat16[Int(pattern)], count) }
        }
        table.update(repeating: 0, count: 256 * ByteCounts.copies)
        return result
    }
}
