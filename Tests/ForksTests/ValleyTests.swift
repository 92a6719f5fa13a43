import Kernels
import Sketches
import Testing

@testable import Forks

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Samples that are hard on what leaves windows out: tails, spikes, gaps, ties, evenly filled cells, few values.
private func samples() -> [(name: String, cells: Cells)] {
    var stream = Stream(11)
    var found: [(String, Cells)] = []
    for count in [25, 150, 1000] {
        let laws: [(String, [Double])] = [
            ("normal", stream.normals(count)),
            ("Cauchy", (0..<count).map { _ in tan(Double.pi * (stream.uniform() - 0.5)) }),
            ("spike on a shelf", (0..<count).map { _ in stream.normal() * (stream.uniform() < 0.5 ? 1e-3 : 1) }),
            ("two far piles", (0..<count).map { _ in (stream.uniform() < 0.2 ? 1000 : 0) + stream.normal() }),
            ("ties", stream.normals(count).map { ($0 * 8).rounded() }),
            ("sixteen", (0..<count).map { _ in (16 * stream.uniform()).rounded(.down) + 0.1 * stream.normal() }),
        ]
        for (name, values) in laws {
            let values = values.map { Double(Float($0)) }.sorted()
            found.append(("\(name), \(count)", Cells(points: values)))
            found.append(("\(name), \(count), counted", Evidence(sketch(values, exactLimit: 0), alpha: 0.01).look.tested))
        }
    }
    return found
}

/// How much of cells lies below a value, added up one by one.
private func mass(_ cells: Cells, below x: Double) -> Double {
    (0..<cells.count).reduce(0) { sum, cell in
        let (lower, upper) = (cells.lower[cell], cells.upper[cell])
        let share = upper <= x && lower < x ? 1 : lower < x ? (x - lower) / (upper - lower) : 0
        return sum + share * cells.mass[cell]
    }
}

@Test func windowsThatAreLeftOutHoldNoPeak() {
    for (name, cells) in samples() {
        for everywhere in [false, true] {
            let windows = WindowCounts(cells, narrowerThan: .infinity, grain: 0, isFineEverywhere: everywhere)
            for scale in windows.scales {
                for window in stride(from: scale.windows.lowerBound, to: scale.windows.upperBound, by: 11) {
                    let expected = mass(cells, below: scale.upper(window)) - mass(cells, below: scale.lower(window))
                    if abs(windows.count(window) - expected) > 1e-9 * cells.total {
                        Issue.record("\(name): window of \(scale.width) from \(scale.lower(window)): \(windows.count(window)), not \(expected)")
                    }
                }
                // Some of the next 40 beyond them on either side: 2,048 about the median are looked at in all.
                let median = cells.quantile(0.5)
                for away in [1, 2, 3, 5, 8, 13, 21, 40] where !scale.isFine {
                    for start in [scale.lower(scale.windows.lowerBound) - Double(away) * scale.width / 4,
                                  scale.lower(scale.windows.upperBound - 1) + Double(away) * scale.width / 4]
                    where abs(start - median) < 250 * scale.width {
                        let held = mass(cells, below: start + scale.width) - mass(cells, below: start)
                        #expect(held < WindowCounts.leastPeak + 1e-9, "\(name): a peak at \(start)")
                    }
                }
            }
        }
    }
}

@Test func theDeepestValleyIsThatOfAllPairs() {
    for (name, cells) in samples() {
        let valleys = Valleys(cells)
        for isFine in [false, true] {
            var deepest = 0.0
            for scale in valleys.windows.scales where scale.isFine == isFine {
                let held = scale.windows.map(valleys.windows.count)
                for valley in stride(from: 4, to: held.count - 4, by: 1) {
                    let peak = min(held[...(valley - 4)].max()!, held[(valley + 4)...].max()!)
                    if peak >= 20 && peak > held[valley] + 2 { deepest = max(deepest, contrast(peak: peak, valley: held[valley])) }
                }
            }
            let found = valleys.deepest(isFine: isFine, from: -.infinity, to: .infinity, evenIfChance: true)
            #expect((found?.contrast ?? 0) == deepest, "\(name)")
            let sure = valleys.deepest(isFine: isFine, from: -.infinity, to: .infinity)
            #expect(valleys.pValue(sure) == valleys.pValue(found), "\(name)")
        }
    }
}

@Test func comparisonsAreThoseWithThePeaksBeyondTheModeAtItsWorst() {
    for (name, cells) in samples() {
        let valleys = Valleys(cells)
        var most = 0
        for scale in valleys.windows.scales where !scale.isFine {
            let isPeak = scale.windows.map { valleys.windows.count($0) >= 20 }
            func peaks(_ windows: some Collection<Bool>) -> Int { windows.count { $0 } }
            let sides = stride(from: 4, to: isPeak.count - 4, by: 1).map { (peaks(isPeak[...($0 - 4)]), peaks(isPeak[($0 + 4)...])) }
                .filter { $0.0 > 0 && $0.1 > 0 }
            // With the mode before the k-th of the windows.
            most += (0...sides.count).map { k in
                sides[..<k].reduce(0) { $0 + $1.0 } + sides[k...].reduce(0) { $0 + $1.1 }
            }.max()!
        }
        #expect(abs(valleys.comparisons.coarse * 15 / 16 - Double(most)) < 1e-6 * Double(most) + 1e-9, "\(name)")
    }
}

@Test(arguments: [12, 16, 24, 32]) func evenlySpacedModesAreCounted(modes: Int) {
    var stream = Stream(UInt64(modes))
    for count in [5000, 100_000] {
        let values = (0..<count).map { _ in (Double(modes) * stream.uniform()).rounded(.down) + 0.1 * stream.normal() }
        let seen = Modes(of: sketch(values), alpha: 1e-6)
        #expect(seen.branches.count == modes)
        for (place, branch) in seen.branches.enumerated() {
            #expect(abs(branch.position - Double(place)) < 0.05)
        }
    }
}

@Test func unevenlySpacedModesAreCounted() {
    // The levels of the 4-bit type "normal float".
    let levels = [
        -1, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0, 0.0796, 0.1609, 0.2461, 0.3379, 0.4407, 0.5626, 0.723, 1,
    ]
    var stream = Stream(4)
    let evenly = (0..<20_000).map { _ in levels[Int(16 * stream.uniform())] + 0.01 * stream.normal() }
    #expect(Modes(of: sketch(evenly), alpha: 1e-6).branches.count == 16)
    // As they hold normal weights.
    let normal = stream.normals(50_000).map { x in levels.min { abs($0 - x / 3) < abs($1 - x / 3) }! + 0.008 * stream.normal() }
    #expect(Modes(of: sketch(normal), alpha: 1e-6).branches.count == 16)
}

@Test func thePointsOfFloat32AreNoModes() {
    var stream = Stream(6)
    // A tensor that started at 1 and has moved by a few of the steps between float32 values.
    for deviation in [1e-6, 1e-5, 1e-3] {
        for count in [4000, 65_536] {
            var sketch = Sketch(exactLimit: 4096, origin: 1)
            (0..<count).map { _ in Float(1 + deviation * stream.normal()) }.withUnsafeBytes {
                sketch.update(ElementBuffer(start: $0.baseAddress, count: count, type: .float32), scratch: Scratch())
            }
            let modes = Modes(of: sketch, alpha: 0.01)
            #expect(modes.branches.count == 1, "\(deviation), \(count): \(modes.pValue)")
        }
    }
}

@Test func zeroIsNoAtomAmongQuantisedValues() {
    // 8-bit weights in float32: 0 is one of some 300 values that are each held by many.
    var stream = Stream(7)
    let values = (0..<100_000).map { _ in (40 * stream.normal()).rounded() / 7 }
    #expect(Modes(of: sketch(values), alpha: 1e-6).atoms.isEmpty)
    let sparse = values.map { stream.uniform() < 0.3 ? 0 : $0 }
    let atoms = Modes(of: sketch(sparse), alpha: 1e-6).atoms
    #expect(atoms.count == 1 && abs(atoms[0].mass - 0.3) < 0.01)
}
