import Forks
import Foundation

/// How many values it takes to see two Gaussians apart, at a significance of 1e-8.
enum Power {
    private static let cases: [(name: String, share: Double, distance: Double, reference: Int)] = [
        ("50 % at 3 σ", 0.5, 3, 4600), ("10 % at 4 σ", 0.1, 4, 37_000), ("1 % at 6 σ", 0.01, 6, 25_000),
    ]

    static func report(times: Int) -> String {
        var lines = ["| mixture | n | share seen at 1e-8 |", "| --- | --- | --- |"]
        for (name, share, distance, reference) in cases {
            for factor in [0.8, 1, 1.2, 1.5] {
                let count = Int(Double(reference) * factor)
                var random = SplitMix(state: UInt64(count))
                let seen = (0..<times).count { _ in
                    let values = (0..<count).map { _ in random.normal() + (random.uniform() < share ? distance : 0) }
                    return Modes(of: Storage.float32.sketch(values), alpha: 1e-8).branches.count > 1
                }
                lines.append("| \(name) | \(count) (\(factor) × \(reference)) | \(Int((100 * Double(seen) / Double(times)).rounded())) % |")
                progress("power: \(name), n = \(count)")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Two equal Gaussians have two modes from exactly 2 σ on: what is said on either side of that.
    static func separations() -> String {
        var lines = ["| distance of two equal Gaussians | n = 1,000 | 10,000 | 100,000 | 1,000,000 |", "| --- | --- | --- | --- | --- |"]
        for distance in [1.5, 2.0, 2.25, 2.5, 3.0, 4.0] {
            let shares = [1000, 10_000, 100_000, 1_000_000].map { count -> String in
                let times = max(5, min(100, 1_000_000 / count))
                var random = SplitMix(state: UInt64(count) &+ UInt64(distance * 8))
                let seen = (0..<times).count { _ in
                    let values = (0..<count).map { _ in random.normal() + (random.uniform() < 0.5 ? distance : 0) }
                    return Modes(of: Storage.float32.sketch(values), alpha: 1e-8).branches.count > 1
                }
                return "\(Int((100 * Double(seen) / Double(times)).rounded())) %"
            }
            lines.append("| \(distance) σ | \(shares.joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n")
    }
}
