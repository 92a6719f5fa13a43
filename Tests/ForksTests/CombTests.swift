import Kernels
import Sketches
import Testing

@testable import Forks

private func holds(_ values: [Double]) -> Bool {
    let evidence = Evidence(sketch(values), alpha: 1e-6)
    return Comb.holds(evidence.look, branches: evidence.modes.branches)
}

@Test func whatSignSteppingLeavesIsAComb() {
    var stream = Stream(2)
    let values = (0..<800).map { _ in
        // Float32 arithmetic, as a trainer does it.
        (0..<6).reduce(Float(0.3)) { sum, _ in sum + (stream.uniform() < 0.5 ? 1e-3 : -1e-3) }
    }
    #expect(holds(values.map(Double.init)))
    // Also if teeth are missing: all distances are still multiples of one.
    #expect(holds(values.filter { abs($0 - 0.3) > 5e-4 && $0 < 0.3055 }.map(Double.init)))
}

@Test func twoPilesAreNotEvenUnlessTheyAreNarrow() {
    let fork = Pitchfork(1000)
    #expect(holds(fork.values(apart: 1, width: 1e-7)))
    #expect(!holds(fork.values(apart: 4)))
}

@Test func unevenPilesAreNoComb() {
    var stream = Stream(3)
    let places = [0, 1, 2.4, 3.1, 4.45, 6.2]
    #expect(!holds((0..<1200).map { places[$0 % 6] + 1e-6 * stream.normal() }))
    let even = [0.0, 1, 2, 3, 5, 6]
    #expect(holds((0..<1200).map { even[$0 % 6] + 1e-6 * stream.normal() }))
}

@Test func thePointsOfACoarseDtypeAreNoComb() {
    var stream = Stream(4)
    let values = (0..<2000).map { _ in Int8(max(-127, min(127, (6 * stream.normal()).rounded()))) }
    var sketch = Sketch(exactLimit: 4096)
    values.withUnsafeBytes {
        sketch.update(ElementBuffer(start: $0.baseAddress, count: values.count, type: .int8), scratch: Scratch())
    }
    let evidence = Evidence(sketch, alpha: 1e-6)
    #expect(evidence.modes.branches.count == 1)
    #expect(!Comb.holds(evidence.look, branches: evidence.modes.branches))
}

@Test func branchesAreAComb() {
    let look = Look(sketch(Pitchfork(1000).noise))
    func branches(_ places: [Double]) -> [Branch] {
        places.map { Branch(position: $0, mass: 1 / Double(places.count), lower: $0 - 0.5, upper: $0 + 0.5) }
    }
    #expect(Comb.holds(look, branches: branches([0, 1.02, 2.0, 3.04, 4])))
    #expect(!Comb.holds(look, branches: branches([0, 1, 2.5, 3.0, 4.4])))
    #expect(!Comb.holds(look, branches: branches([0, 1, 2])))
}
