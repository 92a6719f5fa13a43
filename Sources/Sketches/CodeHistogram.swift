import Kernels

/// Sparse counts of 16-bit codes (the upper half of a float32 pattern), ascending in value.
///
/// Six bytes per occupied bin: 28 KiB for 16 Mi Gaussian values, which occupy about 4,700 bins.
package struct CodeHistogram: Sendable, Equatable {
    /// How many of a code's seven mantissa bits count: fewer in a sketch made coarser for storage. The others are zero in `codes`.
    package private(set) var mantissaBits = 7

    /// The occupied codes, ascending in the value they stand for.
    package private(set) var codes: [UInt16] = []

    /// The lower 32 bits of the counts.
    private var lowCounts: [UInt32] = []

    /// The upper 32 bits of the counts; empty while all are zero.
    private var highCounts: [UInt32] = []

    /// How many values are counted in all.
    package private(set) var total: UInt64 = 0

    package init() {}

    /// Counts of codes with so many mantissa bits, 1 to 7.
    init(mantissaBits: Int) {
        self.mantissaBits = mantissaBits
    }

    /// How many bins are occupied.
    package var binCount: Int { codes.count }

    /// How many values the i-th occupied bin holds.
    package func count(_ i: Int) -> UInt64 {
        UInt64(lowCounts[i]) | (highCounts.isEmpty ? 0 : UInt64(highCounts[i]) << 32)
    }

    /// The i-th occupied bin: its code, its edges in ascending order and how many values it holds.
    package func bin(_ i: Int) -> (code: UInt16, lower: Double, upper: Double, count: UInt64) {
        let code = codes[i]
        let inner = Code.innerEdge(code)
        let outer = Code.outerEdge(code, mantissaBits: mantissaBits)
        return code < 0x8000 ? (code, inner, outer, count(i)) : (code, outer, inner, count(i))
    }

    /// The edges of all occupied bins, as `bin` gives them one by one.
    package var edges: (lower: [Double], upper: [Double]) {
        // From 2⁻¹²⁶ up the patterns of edges are evenly spaced.
        let first = Code.innerEdge(0x80).bitPattern
        let step = Code.innerEdge(0x81).bitPattern - first
        func pattern(_ code: UInt16, _ next: UInt64) -> Double {
            Double(bitPattern: UInt64(code & 0x8000) << 48 | (first &+ (UInt64(code & 0x7FFF) &+ next &- 0x80) &* step))
        }
        let width: UInt64 = 1 << UInt64(7 - mantissaBits)
        var inner = codes.map { pattern($0, 0) }
        var outer = codes.map { pattern($0, width) }
        let negative = codes.partitioningIndex { $0 < 0x8000 }
        let small = codes.partitioningIndex { $0 < 0x8080 }..<codes.partitioningIndex { $0 < 0x8000 && $0 >= 0x80 }
        for index in small {
            inner[index] = Code.innerEdge(codes[index])
            outer[index] = Code.outerEdge(codes[index], mantissaBits: mantissaBits)
        }
        // Below 0 the outer edge is the lower one.
        inner.withUnsafeMutableBufferPointer { inner in
            outer.withUnsafeMutableBufferPointer { outer in
                for index in 0..<negative { (inner[index], outer[index]) = (outer[index], inner[index]) }
            }
        }
        return (inner, outer)
    }

    /// The same with what is counted as −0 counted as +0, if there is a bin for either.
    package func joiningZeros() -> CodeHistogram {
        let zero = codes.partitioningIndex { $0 < 0x8000 }
        guard zero > 0, zero < binCount, codes[zero - 1] == 0x8000, codes[zero] == 0 else { return self }
        let sum = count(zero - 1) + count(zero)
        var joined = self
        joined.codes.remove(at: zero - 1)
        joined.lowCounts.remove(at: zero)
        joined.lowCounts[zero - 1] = UInt32(truncatingIfNeeded: sum)
        if sum >> 32 != 0 && highCounts.isEmpty { joined.highCounts = [UInt32](repeating: 0, count: binCount) }
        if !joined.highCounts.isEmpty {
            joined.highCounts.remove(at: zero)
            joined.highCounts[zero - 1] = UInt32(truncatingIfNeeded: sum >> 32)
        }
        return joined
    }

    /// How many values each occupied bin holds, times a factor.
    package func counts(times factor: Double) -> [Double] {
        if highCounts.isEmpty { return lowCounts.map { Double($0) * factor } }
        return (0..<binCount).map { Double(count($0)) * factor }
    }

    /// Adds `count` values to the bin of `code`, which must lie above all bins so far.
    mutating func append(_ code: UInt16, _ count: UInt64) {
        codes.append(code)
        lowCounts.append(UInt32(truncatingIfNeeded: count))
        if count >> 32 != 0 && highCounts.isEmpty {
            highCounts = [UInt32](repeating: 0, count: codes.count - 1)
        }
        if count >> 32 != 0 || !highCounts.isEmpty {
            highCounts.append(UInt32(truncatingIfNeeded: count >> 32))
        }
        total += count
    }
}

extension CodeHistogram {
    /// What one pass has counted.
    init(_ counts: CodeCounts) {
        codes = counts.codes
        lowCounts = counts.counts.map { UInt32(truncatingIfNeeded: $0) }
        if counts.counts.contains(where: { $0 >> 32 != 0 }) { highCounts = counts.counts.map { UInt32($0 >> 32) } }
        total = counts.counts.reduce(0, +)
    }

    /// Counts of finite values that ascend.
    init(ascending values: some Sequence<Double>) {
        var code: UInt16?
        var count: UInt64 = 0
        for value in values {
            let next = Code.of(value)
            if next == code {
                count += 1
            } else {
                if let code { append(code, count) }
                code = next
                count = 1
            }
        }
        if let code { append(code, count) }
    }

    /// Adds all counts of `other`: exact, and the same in whatever order histograms are merged.
    mutating func merge(_ other: CodeHistogram) {
        if other.binCount == 0 { return }
        if binCount == 0 { return self = other }
        if mantissaBits != other.mantissaBits {
            let common = Swift.min(mantissaBits, other.mantissaBits)
            self = coarsened(mantissaBits: common)
            return merge(other.coarsened(mantissaBits: common))
        }
        var merged = CodeHistogram(mantissaBits: mantissaBits)
        var i = 0
        var j = 0
        while i < binCount || j < other.binCount {
            let a = i < binCount ? Int(Code.rank(codes[i])) : Code.count
            let b = j < other.binCount ? Int(Code.rank(other.codes[j])) : Code.count
            let sum = (a <= b ? count(i) : 0) + (b <= a ? other.count(j) : 0)
            merged.append(Code.ofRank(UInt16(Swift.min(a, b))), sum)
            if a <= b { i += 1 }
            if b <= a { j += 1 }
        }
        self = merged
    }

    /// The same counts in bins that are unions of these: coarsening and merging can be done in any order.
    func coarsened(mantissaBits bits: Int) -> CodeHistogram {
        guard bits < mantissaBits else { return self }
        var coarse = CodeHistogram(mantissaBits: bits)
        var pending: UInt64 = 0
        for i in 0..<binCount {
            pending += count(i)
            let code = Code.coarse(codes[i], mantissaBits: bits)
            if i + 1 < binCount && Code.coarse(codes[i + 1], mantissaBits: bits) == code { continue }
            coarse.append(code, pending)
            pending = 0
        }
        return coarse
    }
}
