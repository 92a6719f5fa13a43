#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How large the dip of a unimodal sample becomes by chance.
///
/// The tail of √n·dip of n uniform values is P(√n·dip > c) ≈ exp(a − b·c²), with a and b from a simulation (`Validation
/// dip-table`: 400,000 samples of each n up to 2,000 and a tenth of that beyond, fitted for p from 0.01 to 0.0001). The uniform is
/// not the worst unimodal law, so nothing is called a fork for its dip alone: these values say when one has surely ended.
enum DipTest {
    /// n, a, b.
    private static let table: [(count: Double, a: Double, b: Double)] = [
        (16, 5.65, 33.3), (64, 2.94, 21.5), (128, 2.34, 19.2), (512, 1.82, 17.2), (1e9, 1.565, 15.98),
    ]

    /// The value of √n·dip that n uniform values exceed with probability `alpha`, at most 0.01.
    static func criticalValue(count: Double, alpha: Double) -> Double {
        let (a, b) = tail(count: count)
        return (max(0, a - log(alpha)) / b).squareRoot()
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
