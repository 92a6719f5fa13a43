import Kernels

/// What a random sample of a tensor's blocks says of the whole, and how far it may be off.
///
/// Blocks are drawn without replacement, all with the same chance. Neighbouring weights are not independent, so the errors
/// come from how much the blocks differ from each other, never from the number of elements: the ratio estimator of cluster
/// sampling (Cochran, Sampling Techniques, 3rd ed., section 9A), of the linearised statistic. With block sizes n_b of mean n̄,
/// m of M blocks, and block means z̄_b of the linearised values z,
///
///     standard error² = (1 − m/M) / (m (m − 1)) · Σ (n_b/n̄)² z̄_b².
package struct BlockSample: Sendable, Equatable {
    /// The share of the elements that was read, above 0 and at most 1.
    package let share: Double
    /// Standard errors of the figures of the finite elements; NaN if they cannot be estimated: of fewer than two blocks, or of a
    /// constant.
    package let meanError: Double
    package let standardDeviationError: Double
    package let kurtosisError: Double

    /// - Parameters:
    ///   - blocks: the moments of each block that was read.
    ///   - blockCount: how many blocks the tensor has.
    ///   - share: of its elements, that are in the blocks.
    package init(_ blocks: [Moments], of blockCount: Int, share: Double) {
        self.share = share
        let read = blocks.filter { $0.count > 0 }
        let m = Double(blocks.count)
        guard read.count >= 2, blocks.count < blockCount else {
            let error = blocks.count == blockCount ? 0 : Double.nan
            (meanError, standardDeviationError, kurtosisError) = (error, error, error)
            return
        }
        var whole = Moments()
        for block in read { whole.merge(block) }
        let n = Double(whole.count)
        let unit = whole.exponent
        // Central sums in units of 2^unit, as `whole` has them.
        let variance = whole.m2 / n
        let third = whole.m3 / n
        let fourth = whole.m4 / n
        var sums = (mean: 0.0, variance: 0.0, kurtosis: 0.0)
        for block in read {
            let size = Double(block.count) * m / n
            let about = block.powerMeans(about: whole.mean, unit: unit)
            let ofVariance = about.second - variance
            let ofKurtosis =
                (about.fourth - fourth) / (variance * variance)
                - 2 * fourth / (variance * variance * variance) * ofVariance
                - 4 * third / (variance * variance) * about.first
            sums.mean += (size * about.first) * (size * about.first)
            sums.variance += (size * ofVariance) * (size * ofVariance)
            sums.kurtosis += (size * ofKurtosis) * (size * ofKurtosis)
        }
        let factor = (1 - m / Double(blockCount)) / (m * (m - 1))
        let scale = Double.powerOf2(unit)
        meanError = (factor * sums.mean).squareRoot() * scale
        standardDeviationError =
            variance > 0 ? (factor * sums.variance).squareRoot() / (2 * variance.squareRoot()) * scale : .nan
        kurtosisError = variance > 0 ? (factor * sums.kurtosis).squareRoot() : .nan
    }
}

extension Moments {
    /// Means of the first, second and fourth power of the deviations from `centre`, in units of 2^`unit`.
    fileprivate func powerMeans(about centre: Double, unit: Int) -> (first: Double, second: Double, fourth: Double) {
        let n = Double(count)
        let down = Double.powerOf2(-unit)
        let rescale = Double.powerOf2(exponent - unit)
        let square = rescale * rescale
        let d = mean * down - centre * down
        let second = m2 / n * square
        let third = m3 / n * square * rescale
        let fourth = m4 / n * square * square
        return (d, second + d * d, fourth + 4 * d * third + 6 * d * d * second + d * d * d * d)
    }
}
