/// Damages files at random, the same way for the same seed.
public struct HeaderMutator {
    private var random: Generator

    public init(seed: UInt64) { random = Generator(state: seed) }

    private static let words = [
        "{", "}", "[", "]", "\"", ":", ",", "\\", "\\u", "\\ud800", "\\udc00", "\u{0}", "\u{FF}", "-1", "0", "1e9", "18446744073709551616",
        "9223372036854775807", "4611686018427387904", "\"dtype\":", "\"shape\":", "\"data_offsets\":", "\"F32\"", "\"F4\"", "\"BF16\"",
        "\"__metadata__\":{}", "null", "true", "[[[[[[[[[[[[[[[[[[[[", "{\"a\":{\"a\":", " ", "\n",
    ].map { Array($0.utf8) } + [[0xC0, 0x80], [0xED, 0xA0, 0x80], [0xFF], [0xF8, 0x88, 0x80, 0x80, 0x80]]

    /// Bytes with one to four faults in them.
    ///
    /// - Parameter header: where most faults go.
    public mutating func mutate(_ bytes: [UInt8], header: Range<Int>) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0..<4, using: &random) {
            let limit = min(bytes.count, header.upperBound)
            let place = limit == 0 ? 0 : Int.random(in: 0..<limit, using: &random)
            switch Int.random(in: 0..<9, using: &random) {
            case 0 where limit > 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1 where limit > 0: bytes[place] = .random(in: 0...255, using: &random)
            case 2: bytes.insert(contentsOf: Self.words.randomElement(using: &random) ?? [], at: place)
            case 3 where limit > 0: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &random)))
            case 4 where limit > 0: bytes.insert(contentsOf: bytes[place..<min(limit, place + 60)], at: place)
            case 5: bytes.removeLast(min(bytes.count, Int.random(in: 1...40, using: &random)))
            case 6 where bytes.count >= 8: bytes[Int.random(in: 0..<8, using: &random)] = .random(in: 0...255, using: &random)
            case 7: bytes += [UInt8](repeating: 0x20, count: Int.random(in: 1...9, using: &random))
            default: replaceNumber(in: &bytes, from: place, limit: limit)
            }
        }
        return bytes
    }

    /// Puts another number where the next one stands: it stays well-formed, and says something else.
    private mutating func replaceNumber(in bytes: inout [UInt8], from place: Int, limit: Int) {
        let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
        guard place < limit, let start = bytes[place..<limit].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        let shift = UInt64.random(in: 0..<64, using: &random)
        bytes.replaceSubrange(start..<end, with: Array("\(UInt64.random(in: 0...UInt64.max, using: &random) >> shift)".utf8))
    }

    /// SplitMix64.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}

/// Well-formed files to be damaged, with the range of their headers.
public func filesToDamage() -> [(bytes: [UInt8], header: Range<Int>)] {
    let small = safetensors([WrittenTensor("w", [1, 2, 3, 4], shape: [2, 2]), WrittenTensor("empty", [], shape: [0, 7])])
    let several = safetensors(
        [
            WrittenTensor("h.0.weight", [Float](repeating: 1, count: 12), shape: [3, 4]),
            WrittenTensor("\\u00e9\\ud83c\\udf33", "BF16", shape: [4], bytes: [UInt8](repeating: 1, count: 8)),
            WrittenTensor("scale", "F64", shape: [], bytes: [UInt8](repeating: 0, count: 8)),
            WrittenTensor("é", "F8_E4M3", shape: [3], bytes: [1, 2, 3]),
            WrittenTensor("position", "I64", shape: [2], bytes: [UInt8](repeating: 0, count: 16)),
        ], metadata: "{\"format\":\"pt\",\"note\":\"a \\\"quoted\\\" \\n line\"}")
    let padded = safetensors(header: "{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}      ", data: [0, 60])
    return [small, several, padded].map { ($0, 0..<8 + headerLength($0)) }
}

private func headerLength(_ bytes: [UInt8]) -> Int {
    bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
}
