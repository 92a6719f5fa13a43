#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How large the dip of a unimodal sample becomes by chance.
///
/// The tail of √n·dip of n uniform values is P(√n·dip > c) ≈ exp(a − b·c²), with a and b from a simulation: 2,000,000 samples of
/// each n up to 1,024, 400,000 beyond, fitted for p from 0.01 to 0.0001 (`Tests/validation/run dip-table` repeats it). The
/// uniform is not the worst unimodal law, so nothing is called a fork for its dip alone: these values say when one has surely
/// ended.
enum DipTest {
    /// n, a, b.
    private static let table: [(count: Double, a: Double, b: Double)] = [
        (16, 3.404, 28.251), (32, 2.575, 22.870), (64, 2.342, 20.553), (128, 2.010, 18.591), (256, 1.705, 17.218),
        (512, 1.824, 17.015), (1024, 1.616, 16.281), (4096, 1.996, 16.696),
    ]

    /// The value of √n·dip that n uniform values exceed with probability `alpha`, at most 0.01.
    static func criticalValue(count: Double, alpha: Double) -> Double {
        let (a, b) = tail(count: count)
        return (max(0, a - log(alpha)) / b).squareRoot()
    }

    /// The probability that `count` uniform values have a dip like this; meant for what is well below 0.01.
    static func pValue(dip: Double, count: Double) -> Double {
        // √n·dip is at most √n/4.
        guard count >= 14 else { return 1 }
        let (a, b) = tail(count: count)
        return min(1, exp(a - b * count * dip * dip))
    }

    /// a and b for n values, interpolated in 1/√n.
    private static func tail(count: Double) -> (a: Double, b: Double) {
        guard let next = table.firstIndex(where: { $0.count >= count }), next > 0 else {
            let end = count <= table[0].count ? table[0] : table[table.count - 1]
            return (end.a, end.b)
        }
        let low = table[next - 1]
        let high = table[next]
        let place = (1 / count.squareRoot() - 1 / low.count.squareRoot())
            / (1 / high.count.squareRoot() - 1 / low.count.squareRoot())
        return (low.a + place * (high.a - low.a), low.b + place * (high.b - low.b))
    }
}
