import Kernels

/// What two sketches say about a distance between what they have seen: it lies in between, ends included.
package struct DistanceInterval: Sendable, Equatable {
    package var lower: Double
    package var upper: Double

    /// Whether the sketches tell it exactly.
    package var isExact: Bool { lower == upper }
}

extension Sketch {
    /// The Kolmogorov–Smirnov distance of the finite values, sup |F − G|: 0 for the same distribution, 1 for disjoint ones.
    ///
    /// Exact if both keep their values or all values are edges of bins. Otherwise, with p and q the shares of a bin in either and
    /// ΔF the difference below it: max |ΔF| over edges ≤ KS ≤ max over bins of max(|ΔF − q|, |ΔF + p|).
    ///
    /// - Returns: nil if either has no finite value.
    package func kolmogorovSmirnov(_ other: Sketch) -> DistanceInterval? {
        guard finiteCount > 0, other.finiteCount > 0 else { return nil }
        if let a = exactValues, let b = other.exactValues {
            let distance = kolmogorovSmirnovDistance(a, b)
            return DistanceInterval(lower: distance, upper: distance)
        }
        let edges = isOnBinEdges && other.isOnBinEdges
        let perValue = 1 / Double(finiteCount)
        let perOtherValue = 1 / Double(other.finiteCount)
        var below: UInt64 = 0
        var otherBelow: UInt64 = 0
        var lower = 0.0
        var upper = 0.0
        forEachBin(of: codes, other.codes) { count, otherCount in
            let difference = Double(below) * perValue - Double(otherBelow) * perOtherValue
            upper = Swift.max(
                upper, abs(difference - Double(otherCount) * perOtherValue), abs(difference + Double(count) * perValue))
            below += count
            otherBelow += otherCount
            lower = Swift.max(lower, abs(Double(below) * perValue - Double(otherBelow) * perOtherValue))
        }
        return DistanceInterval(lower: lower, upper: edges ? lower : Swift.max(lower, upper))
    }
}

/// Calls `body` with both counts of each bin that is occupied in either, ascending in value. −0 and +0 share a bin: they are
/// one value.
private func forEachBin(of a: CodeHistogram, _ b: CodeHistogram, _ body: (UInt64, UInt64) -> Void) {
    var i = 0
    var j = 0
    while i < a.binCount || j < b.binCount {
        let place = Swift.min(i < a.binCount ? rankOfBin(a.codes[i]) : .max, j < b.binCount ? rankOfBin(b.codes[j]) : .max)
        var count: UInt64 = 0
        var otherCount: UInt64 = 0
        while i < a.binCount && rankOfBin(a.codes[i]) == place {
            count += a.count(i)
            i += 1
        }
        while j < b.binCount && rankOfBin(b.codes[j]) == place {
            otherCount += b.count(j)
            j += 1
        }
        body(count, otherCount)
    }
}

/// The place of a code's bin in the order of values.
private func rankOfBin(_ code: UInt16) -> Int {
    code == 0x8000 ? Int(Code.rank(0)) : Int(Code.rank(code))
}

/// Of two ascending samples.
private func kolmogorovSmirnovDistance(_ a: [Double], _ b: [Double]) -> Double {
    var i = 0
    var j = 0
    var distance = 0.0
    while i < a.count && j < b.count {
        let value = Swift.min(a[i], b[j])
        while i < a.count && a[i] == value { i += 1 }
        while j < b.count && b[j] == value { j += 1 }
        distance = Swift.max(distance, abs(Double(i) / Double(a.count) - Double(j) / Double(b.count)))
    }
    return distance
}
