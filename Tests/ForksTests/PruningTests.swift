import Testing

@testable import Forks

private func isPruned(_ values: [Double], exactLimit: Int = 4096) -> Bool {
    Pruning.holds(Look(sketch(values, exactLimit: exactLimit)))
}

@Test(arguments: [0.3, 0.5, 0.9], [100, 3000, 10_000])
func whatMagnitudePruningLeavesIsPruned(share: Double, count: Int) {
    let values = Pitchfork(count).noise
    let threshold = values.map(\.magnitude).sorted()[Int(share * Double(count))]
    #expect(isPruned(values.map { $0.magnitude < threshold ? 0 : $0 }) == (count > 100 || share < 0.9))
}

@Test func randomZerosAreNoPruning() {
    for seed in 0..<60 as Range<UInt64> {
        var stream = Stream(seed)
        #expect(!isPruned(stream.normals(1000).map { stream.uniform() < 0.5 ? 0 : $0 }))
    }
}

@Test func noZerosOrGapsOfOneSideAreNoPruning() {
    let values = Pitchfork(3000).noise
    #expect(!isPruned(values))
    #expect(!isPruned(values.map { abs($0) < 0.7 ? 0.1 : $0 }))
    // A rectifier leaves no value below zero, and a shifted gap ends close to zero on one side.
    #expect(!isPruned(values.map { max(0, $0) }))
    #expect(!isPruned(values.map { $0 > 0 && $0 < 0.7 ? 0 : $0 }))
}
