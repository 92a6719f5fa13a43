import Foundation

/// A unimodal law whose samples must never be called forked.
struct Family: Sendable {
    let name: String
    let draw: @Sendable (inout SplitMix) -> Double

    static let all: [Family] = [
        Family(name: "Gaussian") { $0.normal() },
        Family(name: "Laplace") { $0.uniform() < 0.5 ? $0.exponential() : -$0.exponential() },
        Family(name: "Student t2") { $0.normal() / $0.exponential().squareRoot() },
        Family(name: "Cauchy") { tan(Double.pi * ($0.uniform() - 0.5)) },
        Family(name: "Weibull, shape 0.7") { pow($0.exponential(), 1 / 0.7) },
        Family(name: "uniform") { $0.uniform() },
        Family(name: "lognormal") { exp($0.normal()) },
        Family(name: "scale mixture") { $0.normal() * ($0.uniform() < 0.5 ? 0.05 : 1) },
        Family(name: "spike at the edge of a shelf") { $0.uniform() < 0.3 ? 0.01 * $0.uniform() : $0.uniform() },
        Family(name: "half exact zeros") { $0.uniform() < 0.5 ? 0 : $0.normal() },
        Family(name: "gains about 1") { 1 + 0.01 * $0.normal() },
        Family(name: "clipped Gaussian") { min(1.5, max(-1.5, $0.normal())) },
        Family(name: "Gaussian with NaN and infinities") {
            let x = $0.normal()
            let u = $0.uniform()
            return u < 0.01 ? .nan : u < 0.02 ? .infinity : x
        },
        Family(name: "constant") { _ in 0.5 },
    ]
}
