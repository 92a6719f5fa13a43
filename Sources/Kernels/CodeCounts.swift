/// Sparse counts by code or by 16-bit pattern, ascending in value (`Code.rank`).
package struct CodeCounts: Sendable, Equatable {
    package private(set) var codes: [UInt16] = []
    package private(set) var counts: [UInt64] = []

    package init() {}

    /// What a pass has listed.
    init(_ list: CountList) {
        codes = Array(UnsafeBufferPointer(start: list.codes, count: list.count))
        counts = UnsafeBufferPointer(start: list.counts, count: list.count).map { UInt64($0) }
    }

    /// Counts a code, which is not below the last one.
    mutating func append(_ code: UInt16, _ count: UInt64) {
        if codes.last == code {
            counts[counts.count - 1] += count
        } else {
            codes.append(code)
            counts.append(count)
        }
    }

    /// Adds all counts of `other`.
    mutating func merge(_ other: CodeCounts) {
        if other.codes.isEmpty { return }
        if codes.isEmpty { return self = other }
        var merged = CodeCounts()
        merged.codes.reserveCapacity(codes.count + other.codes.count)
        merged.counts.reserveCapacity(codes.count + other.codes.count)
        var i = 0
        var j = 0
        while i < codes.count || j < other.codes.count {
            if j == other.codes.count || i < codes.count && Code.rank(codes[i]) < Code.rank(other.codes[j]) {
                merged.append(codes[i], counts[i])
                i += 1
            } else {
                merged.append(other.codes[j], other.counts[j])
                j += 1
            }
        }
        self = merged
    }

    /// The counts of finite values.
    var finite: CodeCounts {
        let range = finiteRange(infinity: Code.largest + 1)
        if range.count == codes.count { return self }
        var finite = CodeCounts()
        finite.codes = Array(codes[range])
        finite.counts = Array(counts[range])
        return finite
    }

    /// Where magnitudes below `infinity` are: NaN and infinities are at either end.
    func finiteRange(infinity: UInt16) -> Range<Int> {
        var from = 0
        var to = codes.count
        while from < to && codes[from] & 0x7FFF >= infinity { from += 1 }
        while from < to && codes[to - 1] & 0x7FFF >= infinity { to -= 1 }
        return from..<to
    }
}
