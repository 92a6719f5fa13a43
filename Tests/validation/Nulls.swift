import Forks
import Foundation

/// Single looks at unimodal laws: how often they are called forked at a significance of 0.01, and how strong the strongest case is.
enum Nulls {
    /// Looks per law and dtype, by the number of values.
    private static let plan = [(2, 700), (14, 700), (64, 700), (128, 700), (768, 400), (4096, 400), (65_536, 20), (1 << 20, 2), (1 << 22, 1)]

    static func report() -> String {
        var lines = ["| law | dtype | looks | alarms at 0.01 | smallest p |", "| --- | --- | --- | --- | --- |"]
        var looks = 0
        var alarms = 0
        for (index, family) in Family.all.enumerated() {
            for storage in Storage.allCases {
                let found = run(family, storage, seed: UInt64(index))
                lines.append(
                    "| \(family.name) | \(storage.rawValue) | \(found.looks) | \(found.alarms) | \(figure(found.smallest)) |")
                looks += found.looks
                alarms += found.alarms
                progress("null looks: \(looks)")
            }
        }
        let bound = upperBound(alarms, of: looks)
        lines.append("")
        lines.append(
            "In all \(looks) looks and \(alarms) alarms at a nominal 0.01: at most \(figure(bound)) of the looks with 95 % confidence.")
        return lines.joined(separator: "\n")
    }

    private static func run(_ family: Family, _ storage: Storage, seed: UInt64) -> (looks: Int, alarms: Int, smallest: Double) {
        var random = SplitMix(state: seed &* 1_000_003 &+ UInt64(storage.rawValue.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }))
        var looks = 0
        var alarms = 0
        var smallest = 1.0
        for (count, times) in plan {
            // The rarer dtypes are looked at less.
            let times = storage == .float32 || storage == .bfloat16 ? times : times / 10
            for _ in 0..<times {
                let values = (0..<count).map { _ in family.draw(&random) }
                let modes = Modes(of: storage.sketch(values), alpha: 0.01)
                looks += 1
                if modes.branches.count > 1 { alarms += 1 }
                smallest = min(smallest, modes.pValue)
            }
        }
        return (looks, alarms, smallest)
    }
}

/// A 95 % upper confidence bound for a rate of which `count` cases were seen in `total` (Clopper and Pearson, by bisection).
func upperBound(_ count: Int, of total: Int) -> Double {
    func atMost(_ rate: Double) -> Double {
        (0...count).reduce(0) { sum, k in
            let n = Double(total)
            let logTerm = lgamma(n + 1) - lgamma(Double(k) + 1) - lgamma(n - Double(k) + 1)
                + Double(k) * log(rate) + (n - Double(k)) * log1p(-rate)
            return sum + exp(logTerm)
        }
    }
    var low = 1e-12
    var high = 1 - 1e-12
    for _ in 0..<200 {
        let middle = (low + high) / 2
        if atMost(middle) > 0.05 { low = middle } else { high = middle }
    }
    return high
}

func figure(_ value: Double) -> String { String(format: "%.2g", value) }

func progress(_ text: String) {
    FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
}
