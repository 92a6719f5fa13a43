import Forks
import Foundation
import Kernels
import Sketches

/// Whole runs of one tensor, seen at every step.
enum Ensembles {
    /// Follows a tensor and returns what happened.
    ///
    /// - Parameter next: changes the values into those of the next step.
    static func follow(
        _ values: inout [Double], steps: Int, storage: Storage = .float32, alpha: Double = 0.01,
        next: (inout [Double], Int) -> Void
    ) -> [ForkEvent] {
        let spending = AlphaSpending(alpha: alpha, tensors: 1)
        var tracker = ForkTracker()
        var events: [ForkEvent] = []
        for step in 0...steps {
            if step > 0 { next(&values, step) }
            events += tracker.observe(
                storage.sketch(values), step: step, alpha: spending.significance(look: step + 1, late: nil)
            ).events
        }
        return events
    }

    /// Runs of values that decorrelate over 200 steps: noise modes persist, and must not be believed for that.
    static func correlatedNulls(runs: Int) -> String {
        var forked = 0
        let (count, steps) = (768, 500)
        for run in 0..<runs {
            var random = SplitMix(state: UInt64(run) &+ 77)
            var values = (0..<count).map { _ in random.normal() }
            let keep = exp(-1.0 / 200)
            let noise = (1 - keep * keep).squareRoot()
            let events = follow(&values, steps: steps, storage: run % 2 == 0 ? .float32 : .bfloat16) { values, _ in
                for i in values.indices { values[i] = keep * values[i] + noise * random.normal() }
            }
            if events.contains(where: { $0.kind == .split || $0.kind == .birth }) { forked += 1 }
            progress("correlated nulls: run \(run + 1) of \(runs)")
        }
        return """
            An Ornstein–Uhlenbeck ensemble of \(count) Gaussian values that decorrelate over 200 steps, seen at each of \(steps) \
            steps, half of the runs in bfloat16: \(forked) of \(runs) runs have a false fork (nominal: 1 %; at most \
            \(figure(upperBound(forked, of: runs) * 100)) % with 95 % confidence).
            """
    }

    /// Sign-type optimisers from a zero start, on gradients that are noise with a drift.
    static func signOptimizers() -> String {
        var lines = ["| optimiser | schedule | n | events | labelled `learned` |", "| --- | --- | --- | --- | --- |"]
        for lion in [false, true] {
            for (schedule, decay) in [("constant", 0.0), ("constant, decay 0.1", 0.1), ("cosine", 0.0)] {
                for count in [128, 2048, 16_384] {
                    var random = SplitMix(state: UInt64(count) &+ (lion ? 1 : 0))
                    var values = [Double](repeating: 0, count: count)
                    var momentum = [Double](repeating: 0, count: count)
                    let steps = count > 10_000 ? 300 : 600
                    let events = follow(&values, steps: steps) { values, step in
                        let rate = 1e-3 * (schedule == "cosine" ? 0.5 + 0.5 * cos(Double.pi * Double(step) / Double(steps)) : 1)
                        for i in values.indices {
                            let gradient = random.normal() + 5 * values[i]
                            let direction = lion ? 0.9 * momentum[i] + 0.1 * gradient : gradient
                            momentum[i] = 0.99 * momentum[i] + 0.01 * gradient
                            let update = values[i] * (1 - rate * decay) - (direction < 0 ? -rate : rate)
                            values[i] = Double(Float(update))
                        }
                    }
                    let learned = events.count { $0.label == .learned }
                    let kinds = Dictionary(grouping: events, by: { "\($0.kind)/\($0.label)" }).mapValues(\.count)
                        .sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
                    lines.append("| \(lion ? "Lion" : "signSGD") | \(schedule) | \(count) | \(kinds) | \(learned) |")
                    progress("sign optimisers: \(lines.count - 2) of 18")
                }
            }
        }
        return lines.joined(separator: "\n")
    }

    /// A ramped pitchfork dx = (r·x − x³)dt + σ·dW: the density has two modes from r = 0 on.
    static func pitchforks(runs: Int) -> String {
        var lines = [
            "| n | runs that fork | onset interval covers the truth | median delay in r | median length of the interval in r |",
            "| --- | --- | --- | --- | --- |",
        ]
        let steps = 400
        for count in [128, 1000, 10_000, 50_000] {
            let times = count > 5000 ? max(4, runs / 4) : runs
            var covered = 0
            var delays: [Double] = []
            var lengths: [Double] = []
            for run in 0..<times {
                var random = SplitMix(state: UInt64(run * 7 + count))
                var values = (0..<count).map { _ in 0.3 * random.normal() }
                func parameter(_ step: Int) -> Double { -1 + 2.5 * Double(step) / Double(steps) }
                let events = follow(&values, steps: steps) { values, step in
                    let r = parameter(step)
                    for _ in 0..<8 {
                        for i in values.indices {
                            let x = values[i]
                            values[i] = x + (r * x - x * x * x) * 0.05 + 0.5 * (0.05).squareRoot() * random.normal()
                        }
                    }
                }
                guard let split = events.first(where: { $0.kind == .split }) else { continue }
                let after = split.onsetAfter.map(parameter) ?? -1
                if after <= 0 && parameter(split.onsetBy) >= 0 { covered += 1 }
                delays.append(parameter(split.onsetBy))
                lengths.append(parameter(split.onsetBy) - after)
                progress("pitchforks: n = \(count), run \(run + 1) of \(times)")
            }
            lines.append(
                "| \(count) | \(delays.count) of \(times) | \(covered) of \(delays.count) | \(figure(median(delays))) | \(figure(median(lengths))) |")
        }
        return lines.joined(separator: "\n")
    }

    /// Matrices whose rows have different means: a fork there may be one of rows, never of elements.
    static func rowMatrices(runs: Int) -> String {
        var axes: [String: Int] = [:]
        let size = 512
        for run in 0..<runs {
            var random = SplitMix(state: UInt64(run) &+ 5)
            var values: [Float] = []
            for _ in 0..<size {
                let mean = 2 * random.normal()
                for _ in 0..<size { values.append(Float(mean + 0.3 * random.normal())) }
            }
            var tracker = ForkTracker()
            let found = values.withUnsafeBytes { bytes in
                let buffer = ElementBuffer(start: bytes.baseAddress, count: values.count, type: .float32)
                let sketch = Sketch(CollectionOfOne(buffer), exactLimit: 4096, origin: nil, scratch: Scratch())
                return tracker.observe(sketch, step: 1000, alpha: 1e-6) { cut in
                    var sums = AxisSums(count: values.count, columns: size, cut: cut)
                    sums.add(buffer)
                    return sums
                }
            }
            let split = found.events.first { $0.kind == .split }
            axes[split.map { "\($0.structure.axis)" } ?? "no fork", default: 0] += 1
        }
        let text = axes.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
        return "512 × 512 matrices whose rows have different Gaussian means: \(text)."
    }

    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.sorted()[values.count / 2]
    }
}
