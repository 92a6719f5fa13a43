import Kernels

/// Splitmix64: the same numbers on every machine.
struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// About Gaussian: twelve uniform numbers.
    mutating func gaussian() -> Double {
        (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &self) }
    }
}

/// The elements of a buffer as patterns, and how to lay them out in memory.
struct Input: CustomStringConvertible {
    let name: String
    let type: ElementType
    let patterns: [UInt64]

    var description: String { "\(name), \(patterns.count) × \(type)" }

    /// Calls `body` with the elements `offset` bytes after an aligned address.
    func withBuffer<Result>(offset: Int = 0, _ body: (ElementBuffer) throws -> Result) rethrows -> Result {
        let size = type.byteCount
        // Eight bytes are stored each time, of which the next element overwrites what is too much.
        var bytes = [UInt8](repeating: 0xFF, count: offset + patterns.count * size + 8)
        bytes.withUnsafeMutableBytes { bytes in
            for i in patterns.indices {
                bytes.storeBytes(of: patterns[i].littleEndian, toByteOffset: offset + i * size, as: UInt64.self)
            }
        }
        return try bytes.withUnsafeBytes {
            try body(ElementBuffer(start: $0.baseAddress.map { $0 + offset }, count: patterns.count, type: type))
        }
    }

    func slice(_ range: Range<Int>) -> Input {
        Input(name: name, type: type, patterns: Array(patterns[range]))
    }
}

/// The pattern of the value of a type that is nearest to zero from `value`: good enough for test data.
func pattern(_ value: Double, _ type: ElementType) -> UInt64 {
    switch type {
    case .float32: return UInt64(Float(value).bitPattern)
    case .float64: return value.bitPattern
    case .int8: return UInt64(UInt8(bitPattern: Int8(max(-128, min(127, value)))))
    default: break
    }
    // By bisection over the magnitudes, which are ordered as their patterns are.
    let sign: UInt64 = value.sign == .minus ? 1 << UInt64(type.byteCount * 8 - 1) : 0
    var low: UInt64 = 0
    var high: UInt64 = sign == 0 ? 1 << UInt64(type.byteCount * 8 - 1) : sign
    while high - low > 1 {
        let middle = (low + high) / 2
        if let magnitude = finiteValue(ofPattern: middle, type), magnitude <= value.magnitude {
            low = middle
        } else {
            high = middle
        }
    }
    return low | sign
}

/// Inputs that have broken kernels: each kind, or the first few, in a given length.
func hostileInputs(_ type: ElementType, count: Int, kinds: Int = .max) -> [Input] {
    var random = Random(state: UInt64(count) &* 31 &+ UInt64(type.rawValue))
    let bits = UInt64(type.byteCount * 8)
    let all: UInt64 = bits == 64 ? .max : (1 << bits) - 1
    let sign: UInt64 = 1 << (bits - 1)
    let one = pattern(1, type)
    let inputs: [(name: String, next: (Int, inout Random) -> UInt64)] = [
        ("any patterns", { _, random in random.next() & all }),
        ("Gaussian", { _, random in pattern(random.gaussian() * 0.02, type) }),
        ("ones", { _, _ in one }),
        ("minus zeros", { _, _ in sign }),
        ("99 % zeros", { _, random in random.next() % 100 == 0 ? pattern(random.gaussian(), type) : 0 }),
        ("zeros of both signs", { i, random in random.next() & sign }),
        ("subnormals and zeros", { _, random in random.next() & 3 | random.next() & sign }),
        ("two values", { _, random in random.next() & 1 == 0 ? pattern(0.7, type) : pattern(-0.3, type) }),
        ("ascending", { i, _ in pattern(Double(i) / Double(count) - 0.5, type) }),
        ("far from zero", { _, random in pattern(10_000 + random.gaussian(), type) }),
        ("one value far out", { i, random in pattern(i == count / 2 ? 1e4 : random.gaussian() * 1e-3, type) }),
        ("neighbours of one, and minus one", { i, random in i == count / 2 ? one | sign : (one + random.next() % 1000) & all }),
        ("scales that change", { i, random in pattern(random.gaussian() * (i / 1500 % 2 == 0 ? 1e-10 : 1e8), type) }),
        ("constants, then values", { i, random in i < count / 2 ? one : pattern(random.gaussian() * 1e-5, type) }),
        ("one NaN", { i, random in i == count / 3 ? all : pattern(random.gaussian(), type) }),
        ("all NaN", { _, _ in all }),
        ("largest and smallest", { i, _ in
            let largest = pattern(.greatestFiniteMagnitude, type)
            return [largest, 1, largest | sign, sign | 1][i % 4]
        }),
    ]
    return inputs.prefix(kinds).map { input in
        Input(name: input.name, type: type, patterns: (0..<count).map { input.next($0, &random) })
    }
}
