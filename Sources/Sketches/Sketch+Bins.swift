import Kernels

/// A bin of values and how many lie in it.
package struct Bin: Sendable, Equatable {
    /// Edges, ascending. The one nearer to zero belongs to the bin, the other does not.
    package let lower: Double
    package let upper: Double
    /// What `quantile` gives for a value of the bin, where the values themselves are not kept.
    package let value: Double
    package let count: UInt64
}

extension Sketch {
    /// The occupied bins, ascending; every finite value is in one.
    package var bins: [Bin] {
        let codes = codes
        return (0..<codes.binCount).map { index in
            let (code, lower, upper, count) = codes.bin(index)
            // The median of the bin, so that the bins at zero count as zero where most of what they hold is.
            let value = representative(of: code, rankInBin: (count + 1) / 2, of: count)
            return Bin(lower: lower, upper: upper, value: value, count: count)
        }
    }
}
