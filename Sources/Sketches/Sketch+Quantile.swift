import Kernels

extension Sketch {
    /// The smallest value at or below which a share `q` of the finite values lies (numpy's method "inverted_cdf").
    ///
    /// Exact while the values are kept. Otherwise the representative of the value's bin: the edge if all values are edges, else the
    /// harmonic mid-value 2ab/(a+b), whose relative error is at most 1/257 (1/(2^(b + 1) + 1) with b mantissa bits) from 2⁻¹²⁶ to 2¹²⁸. Below, where bins are 2⁻¹³³ wide,
    /// it is the arithmetic mid-value. Exact zeros have their own count and come out as 0; what shares their bins comes out as
    /// ±2⁻¹³⁴. Float64 values beyond 2¹²⁸ share one bin. The result lies within [`min`, `max`].
    ///
    /// - Parameter q: 0 gives `min`, 1 gives `max`; what lies outside counts as the nearer of the two.
    /// - Returns: NaN without finite values, or if q is NaN.
    package func quantile(_ q: Double) -> Double {
        guard finiteCount > 0, !q.isNaN else { return .nan }
        if q <= 0 { return min }
        if q >= 1 { return max }
        let rank = Swift.min(finiteCount, Swift.max(1, UInt64((Double(finiteCount) * q).rounded(.up))))
        switch storage {
        case .exact(let values): return values[Int(rank) - 1]
        case .codes(let codes): return withDefaultFloatingPoint { representative(ofRank: rank, in: codes) }
        }
    }

    /// The share of the finite values that are ≤ `value`.
    ///
    /// Exact while the values are kept, and everywhere if all values are edges of bins. Otherwise exact at the edges of bins (values
    /// equal to an edge above 0 belong to the bin above it and are left out) and linear inside a bin. Exact at 0 too, unless there
    /// are zeros of both signs and values below 2⁻¹³³, which share their bins: then within the number of negative zeros.
    ///
    /// - Returns: NaN without finite values, or if `value` is NaN.
    package func cdf(_ value: Double) -> Double {
        guard finiteCount > 0, !value.isNaN else { return .nan }
        let value = value.bitPattern == (-0.0).bitPattern ? 0 : value
        if value.orderKey < min.orderKey { return 0 }
        if value.orderKey >= max.orderKey { return 1 }
        switch storage {
        case .exact(let values):
            return Double(values.partitioningIndex { $0.orderKey > value.orderKey }) / Double(values.count)
        case .codes(let codes):
            return withDefaultFloatingPoint { countBelow(value, in: codes) / Double(finiteCount) }
        }
    }

    /// The representative of the `rank`-th smallest value, counted from 1.
    private func representative(ofRank rank: UInt64, in codes: CodeHistogram) -> Double {
        var below: UInt64 = 0
        for i in 0..<codes.binCount {
            let count = codes.count(i)
            if below + count >= rank { return clamped(representative(of: codes.codes[i], rankInBin: rank - below, of: count)) }
            below += count
        }
        return max
    }

    /// - Parameter rankInBin: 1 for the smallest value of the bin.
    func representative(of code: UInt16, rankInBin: UInt64, of count: UInt64) -> Double {
        let inner = Code.innerEdge(code)
        let outer = Code.outerEdge(code, mantissaBits: mantissaBits)
        if isOnBinEdges { return inner }
        switch code {
        case 0x0000: return rankInBin <= zerosAbove(count) ? 0 : outer / 2
        case 0x8000: return rankInBin > count - zerosBelow(count) ? 0 : outer / 2
        default: break
        }
        return code & 0x7FFF < 0x80 ? (inner + outer) / 2 : 2 * inner * (outer / (inner + outer))
    }

    /// How many of the values ≤ `value` there are, which lies within [min, max).
    private func countBelow(_ value: Double, in codes: CodeHistogram) -> Double {
        let code = Code.coarse(Code.of(value), mantissaBits: codes.mantissaBits)
        let place = Code.rank(code)
        var below: UInt64 = 0
        var i = 0
        while i < codes.binCount && Code.rank(codes.codes[i]) < place {
            below += codes.count(i)
            i += 1
        }
        guard i < codes.binCount && codes.codes[i] == code else { return Double(below) }
        let count = codes.count(i)
        let inner = Code.innerEdge(code)
        let outer = Code.outerEdge(code, mantissaBits: codes.mantissaBits)
        let fromInner = Swift.min(1, (value - inner) / (outer - inner))
        if isOnBinEdges {
            return Double(below) + (code < 0x8000 || fromInner == 0 ? Double(count) : 0)
        }
        switch code {
        case 0x0000:
            let zeros = zerosAbove(count)
            return Double(below + zeros) + Double(count - zeros) * fromInner
        case 0x8000:
            let zeros = zerosBelow(count)
            return Double(below) + Double(count - zeros) * (1 - fromInner)
        default:
            return Double(below) + Double(count) * (code < 0x8000 ? fromInner : 1 - fromInner)
        }
    }

    /// How many of the values of bin 0x0000 are zeros, as all zeros are if there is room for them: +0 is the rule.
    private func zerosAbove(_ binCount: UInt64) -> UInt64 { Swift.min(zeros, binCount) }

    /// How many of the values of bin 0x8000 are zeros: those for which there is no room in 0x0000.
    private func zerosBelow(_ binCount: UInt64) -> UInt64 {
        let codes = codes
        let above = (0..<codes.binCount).first { codes.codes[$0] == 0 }.map { codes.count($0) } ?? 0
        return Swift.min(binCount, zeros - Swift.min(zeros, above))
    }

    private func clamped(_ value: Double) -> Double {
        value.orderKey < min.orderKey ? min : value.orderKey > max.orderKey ? max : value
    }
}

extension Array {
    /// The first index whose element satisfies `predicate`, which no element satisfies before one that does not.
    func partitioningIndex(_ predicate: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
