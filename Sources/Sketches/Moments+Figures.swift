import Kernels

/// Count, mean and central moment sums of finite values.
package typealias Moments = Kernels.Moments

extension Moments {
    /// Of the whole population; exactly 0 for a constant, NaN without values.
    package var standardDeviation: Double {
        guard count > 0 else { return .nan }
        return withDefaultFloatingPoint { (m2 / Double(count)).squareRoot() * Double.powerOf2(exponent) }
    }

    /// m₃/m₂^1.5 of the whole population; NaN for a constant and without values.
    package var skewness: Double {
        guard m2 > 0 else { return .nan }
        let n = Double(count)
        let variance = m2 / n
        return m3 / n / (variance * variance.squareRoot())
    }

    /// m₄/m₂² − 3 of the whole population, 0 for a Gaussian; NaN for a constant and without values.
    package var excessKurtosis: Double {
        guard m2 > 0 else { return .nan }
        let n = Double(count)
        let variance = m2 / n
        return m4 / n / (variance * variance) - 3
    }

    /// √Σx². Both Σ(x − mean)² and n·mean² are positive, so nothing cancels.
    package var l2: Double {
        let n = Double(count)
        return withDefaultFloatingPoint {
            let scaledMean = mean * Double.powerOf2(-exponent)
            return (m2 + n * scaledMean * scaledMean).squareRoot() * Double.powerOf2(exponent)
        }
    }
}
