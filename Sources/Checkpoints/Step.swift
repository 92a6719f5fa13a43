/// Steps in the names of checkpoints.
enum Step {
    /// Words before a step, the most telling first.
    private static let words = ["step", "checkpoint", "ckpt", "iteration", "iter"]

    /// The step that a name tells: "step1000", "global_step-1000", "checkpoint-500", "epoch=3-step=1000", "step1000-tokens4B",
    /// "iter_0001000", "1000", "model-1000"; nil if it tells none.
    static func of(_ name: String) -> Int? {
        let bytes = Array(name.lowercased().utf8)
        for word in words {
            if let step = number(in: bytes, after: Array(word.utf8)) { return step }
        }
        // Nothing but a number, or a number at the end after a separator.
        let digits = bytes.reversed().prefix(while: isDigit).count
        guard digits > 0 else { return nil }
        let before = bytes.dropLast(digits).last
        return before == nil || before == UInt8(ascii: "-") || before == UInt8(ascii: "_")
            ? Int(String(decoding: bytes.suffix(digits), as: UTF8.self)) : nil
    }

    /// The step that a file's name tells, its extension and shard number left aside.
    static func ofFile(_ name: String) -> Int? {
        var stem = Substring(name)
        for suffix in [Layout.indexSuffix, ".safetensors"] where stem.hasSuffix(suffix) { stem = stem.dropLast(suffix.count) }
        if stem.count == name.count, let dot = name.lastIndex(of: ".") { stem = name[..<dot] }
        if let shard = shard(of: String(stem) + ".safetensors") { stem = Substring(shard.stem) }
        return of(String(stem))
    }

    /// "model-00001-of-00003.safetensors" as ("model", 1, 3).
    static func shard(of name: String) -> (stem: String, number: Int, count: Int)? {
        guard name.hasSuffix(".safetensors") else { return nil }
        let parts = name.dropLast(".safetensors".count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 2] == "of",
            let number = Int(parts[parts.count - 3]), let count = Int(parts[parts.count - 1]), number >= 1, number <= count
        else { return nil }
        return (parts.dropLast(3).joined(separator: "-"), number, count)
    }

    /// The number after the last occurrence of `word`, with one separator between them or none.
    private static func number(in bytes: [UInt8], after word: [UInt8]) -> Int? {
        var start = bytes.count - word.count
        while start >= 0 {
            defer { start -= 1 }
            guard bytes[start..<(start + word.count)].elementsEqual(word) else { continue }
            var rest = bytes[(start + word.count)...]
            if let first = rest.first, "-_=.".utf8.contains(first) { rest = rest.dropFirst() }
            let digits = rest.prefix(while: isDigit)
            if let step = Int(String(decoding: digits, as: UTF8.self)) { return step }
        }
        return nil
    }
}
