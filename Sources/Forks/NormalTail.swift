#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The share of a standard normal distribution above `z`.
func normalTail(above z: Double) -> Double {
    erfc(z / 2.0.squareRoot()) / 2
}

/// How many standard deviations apart two counts are that would be equally likely to get each element, on a scale on which
/// `normalTail` bounds the probability from above.
///
/// A. M. Zubkov & A. A. Serov, "A complete proof of universal inequalities for the distribution function of the binomial law",
/// Theory Probab. Appl. 57 (2013): P(Bin(s, ½) ≤ k) ≤ Φ(−√(2s·KL(k + 1, s))). It holds for every s, where the usual
/// (peak − valley)/√(peak + valley) is only an approximation, and is the sharper of the two in deep valleys.
///
/// - Returns: 0 unless `valley` + 1 is below half of the sum.
func contrast(peak: Double, valley: Double) -> Double {
    let sum = peak + valley
    let low = valley + 1
    let high = sum - low
    guard low < high else { return 0 }
    return (2 * (low * log(2 * low / sum) + high * log(2 * high / sum))).squareRoot()
}
