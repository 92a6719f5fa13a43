/// What one pass over a buffer has found: plain counts and sums.
package struct Tally: Sendable, Equatable {
    package var nan: UInt64 = 0
    package var positiveInfinity: UInt64 = 0
    package var negativeInfinity: UInt64 = 0

    /// +0 and −0.
    package var zeros: UInt64 = 0

    /// Nonzero values below the smallest normal number of the stored dtype.
    package var subnormals: UInt64 = 0

    /// The smallest and largest finite value; +∞ and −∞ while there is none. −0 is below +0.
    package var minimum = Double.infinity
    package var maximum = -Double.infinity

    /// Σ|x| over the finite values.
    package var absoluteSum = 0.0

    /// Whether every finite value is the inner edge of its bin, so that its code says all.
    package var isOnBinEdges = true

    /// Of the finite values.
    package var moments = Moments()

    package init() {}

    /// Adds what `other` has found after this.
    package mutating func merge(_ other: Tally) {
        nan += other.nan
        positiveInfinity += other.positiveInfinity
        negativeInfinity += other.negativeInfinity
        zeros += other.zeros
        subnormals += other.subnormals
        minimum = Double(orderKey: Swift.min(minimum.orderKey, other.minimum.orderKey))
        maximum = Double(orderKey: Swift.max(maximum.orderKey, other.maximum.orderKey))
        absoluteSum += other.absoluteSum
        isOnBinEdges = isOnBinEdges && other.isOnBinEdges
        moments.merge(other.moments)
    }

    /// The same, whatever floating-point settings the host has.
    package mutating func append(_ other: Tally) {
        withDefaultFloatingPoint { merge(other) }
    }
}
