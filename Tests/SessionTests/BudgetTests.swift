import Testing

@testable import Session

@Suite struct BudgetTests {
    /// A trainer whose steps take `step` seconds and looks `look`: the share of time spent inside, and the steps seen.
    func run(share: Double, steps: Int, step: Double, look: Double) -> (inside: Double, seen: [Int]) {
        var trainer = Trainer(share: share, step: step, secondsPerByte: look / Double(Trainer.bytes(of: [1 << 20])), bytes: [1 << 20])
        for index in 0..<steps { trainer.step(index) }
        return (trainer.budget.inside / trainer.budget.wall(now: trainer.now), trainer.looks.map(\.step))
    }

    @Test(arguments: [0.01, 0.05])
    func staysWithinItsShare(share: Double) {
        let (inside, seen) = run(share: share, steps: 20_000, step: 0.01, look: 0.005)
        #expect(inside <= share)
        // It uses what it may: a budget that is hardly spent would be blind for nothing.
        #expect(inside >= 0.95 * share)
        #expect(seen.count > 100)
    }

    @Test func theFirstStepsAreAlwaysSeen() {
        let (_, seen) = run(share: 0.001, steps: 100, step: 0.001, look: 1)
        #expect(seen == Array(0...16))
    }

    @Test func whatTheFirstLooksCostIsPaidBackWhileLookingOn() {
        // 17 looks of 5 ms are 8.5 s of budget at 1 %: without the half allowance nothing is seen until then.
        let (_, seen) = run(share: 0.01, steps: 850, step: 0.01, look: 0.005)
        #expect(seen.count >= 17 + 7)
    }

    @Test func noLimitSeesEverything() {
        #expect(run(share: 0, steps: 500, step: 0.001, look: 1).seen.count == 500)
    }

    @Test func cheapLooksAreNeverLeftOut() {
        #expect(run(share: 0.01, steps: 500, step: 0.1, look: 0.0005).seen.count == 500)
    }

    @Test func timeChargedByTheCallerCounts() {
        var budget = Budget(share: 0.01, alwaysUntil: -1, now: 0)
        budget.spend(1)
        #expect(budget.allowance(now: 99) < 0)
        #expect(budget.allowance(now: 101) >= 0)
    }
}

@Suite struct SketchCadenceTests {
    @Test func keepsLogarithmicallyMany() {
        var cadence = SketchCadence()
        let kept = (0...100_000).filter { cadence.keeps(step: $0) }
        #expect(Array(kept.prefix(65)) == Array(0...64))
        // 64 (1 + log₂(N/64)) looks.
        #expect(kept.count > 735 && kept.count <= 745)
        for (earlier, later) in zip(kept, kept.dropFirst()) where later > 64 {
            #expect(later - earlier <= max(1, earlier / 64))
        }
    }

    @Test func batchesOfOneStepAgree() {
        var cadence = SketchCadence()
        for step in 0...1000 {
            let first = cadence.keeps(step: step)
            #expect(cadence.keeps(step: step) == first)
        }
    }

    @Test func goesOnAfterARewind() {
        var cadence = SketchCadence()
        for step in 0...10_000 { _ = cadence.keeps(step: step) }
        cadence.rewind(to: 100)
        #expect((101...110).contains { cadence.keeps(step: $0) })
    }
}
