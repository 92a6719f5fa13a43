import Testing

@testable import Session

/// A trainer on a clock of its own, whose looks cost what they read.
struct Trainer {
    /// What the planner takes a look that tests all it reads to cost, in bytes.
    static func bytes(of tensors: [Int]) -> Int { tensors.reduce(0) { $0 + $1 + (64 << 10) + (256 << 10) } }

    let secondsPerStep: Double
    let secondsPerByte: Double
    let bytes: [Int]
    var budget: Budget
    var planner = LookPlanner()
    var now = 100.0
    var looks: [(step: Int, shares: [Double], seconds: Double)] = []
    /// The steps at which each tensor was tested.
    var tests: [[Int]]
    /// Those handed over at each look.
    var offered: Set<Int>

    init(share: Double, step: Double, secondsPerByte: Double, bytes: [Int], alwaysUntil: Int = 16) {
        secondsPerStep = step
        self.secondsPerByte = secondsPerByte
        self.bytes = bytes
        budget = Budget(share: share, alwaysUntil: alwaysUntil, now: now)
        for size in bytes { planner.add(bytes: size) }
        offered = Set(bytes.indices)
        tests = bytes.map { _ in [] }
    }

    mutating func step(_ index: Int) {
        now += secondsPerStep
        guard let plan = planner.plan(step: index, now: now, budget: budget) else { return }
        for tensor in offered { planner.offered(tensor, step: index) }
        let read = bytes.indices.filter { offered.contains($0) && plan.share(of: $0) > 0 }
        if read.isEmpty { return }
        let tested = read.filter { plan.share(of: $0) == 1 && plan.isTested($0) }
        for tensor in tested { tests[tensor].append(index) }
        let costs = read.map { Double(64 << 10) + plan.share(of: $0) * Double(bytes[$0]) } + tested.map { _ in Double(256 << 10) }
        let seconds = secondsPerByte * costs.reduce(0, +)
        now += seconds
        budget.spendLook(seconds, step: index, now: now)
        let facts = read.map { LookFacts(tensor: $0, share: plan.share(of: $0), isTested: tested.contains($0)) }
        planner.looked(at: facts, step: index, seconds: seconds)
        looks.append((index, bytes.indices.map { read.contains($0) ? plan.share(of: $0) : 0 }, seconds))
    }

    var share: Double { budget.inside / budget.wall(now: now) }
    var later: [(step: Int, shares: [Double], seconds: Double)] { looks.filter { $0.step > 16 } }
}

@Suite struct LookPlannerTests {
    @Test func aLookThatFitsIntoAStepIsOfEverything() {
        var trainer = Trainer(share: 0.01, step: 0.1, secondsPerByte: 1e-9, bytes: [4 << 20, 4 << 20, 100])
        for step in 0..<3000 { trainer.step(step) }
        #expect(trainer.looks.allSatisfy { $0.shares == [1, 1, 1] })
        #expect(trainer.share <= 0.0101 && trainer.share > 0.008)
    }

    @Test func tensorsTakeTurnsWhenALookWouldBeALongPause() {
        // 40 tensors of 10 ms each, steps of 50 ms: a look at all would be a pause of 0.4 s.
        var trainer = Trainer(share: 0.01, step: 0.05, secondsPerByte: 0.01 / Double(5 << 20), bytes: Array(repeating: 5 << 20, count: 40))
        for step in 0..<60_000 { trainer.step(step) }
        #expect(trainer.share <= 0.0101 && trainer.share > 0.009)
        #expect(trainer.later.allSatisfy { $0.seconds <= 0.051 })
        let seen = (0..<40).map { tensor in trainer.later.filter { $0.shares[tensor] == 1 }.count }
        #expect(seen.min()! >= seen.max()! - 1, "each gets its turn: \(seen)")
        #expect(seen.min()! > 50)
        // Nobody waits longer than for a round.
        for tensor in 0..<40 {
            let steps = trainer.later.filter { $0.shares[tensor] > 0 }.map(\.step)
            let gaps = zip(steps, steps.dropFirst()).map { $1 - $0 }
            #expect(Double(gaps.max()!) <= 2.2 * Double(gaps.min()!), "half as often while the first looks are paid back")
        }
    }

    @Test func aTensorThatIsALongPauseAloneIsSampledAndNowAndThenReadWhole() {
        var trainer = Trainer(share: 0.01, step: 0.05, secondsPerByte: 1e-9, bytes: [400 << 20, 1 << 20, 2 << 20])
        for step in 0..<60_000 { trainer.step(step) }
        #expect(trainer.share <= 0.0101 && trainer.share > 0.009)
        let sampled = trainer.later.filter { $0.shares[0] > 0 && $0.shares[0] < 1 }
        let whole = trainer.later.filter { $0.shares[0] == 1 }
        #expect(whole.count > 10)
        #expect(sampled.allSatisfy { $0.shares[0] <= 1.0 / 8 && $0.seconds <= 0.056 })
        // As much time for samples as for whole passes.
        let spent = sampled.reduce(0) { $0 + $1.shares[0] }
        #expect(abs(spent / Double(whole.count) - 1) < 0.2)
        // Small ones are never sampled, and are seen as often.
        #expect(trainer.later.allSatisfy { $0.shares[1] == 0 || $0.shares[1] == 1 })
        #expect(trainer.later.filter { $0.shares[1] == 1 }.count > whole.count)
    }

    @Test func whatIsNotHandedOverTakesNoTurns() {
        var trainer = Trainer(share: 0.01, step: 0.05, secondsPerByte: 0.01 / Double(5 << 20), bytes: Array(repeating: 5 << 20, count: 12))
        for step in 0..<20 { trainer.step(step) }
        trainer.offered = [0, 1, 2]
        for step in 20..<5000 { trainer.step(step) }
        // Three cost 30 ms, less than a step takes: looks are of all three again.
        #expect(trainer.looks.suffix(20).allSatisfy { $0.shares == [1, 1, 1] + Array(repeating: 0, count: 9) })
        trainer.offered = [0, 1, 2, 3]
        for step in 5000..<9000 { trainer.step(step) }
        #expect(trainer.looks.suffix(20).allSatisfy { $0.shares[3] == 1 })
    }

    @Test func aTensorThatWasNotKnownIsReadWhole() {
        let plan = LookPlan(step: 3, shares: [0, 0.5], tested: [false, false])
        #expect(plan.share(of: 2) == 1 && plan.isTested(2))
        #expect(plan.share(of: 1) == 0.5 && !plan.isTested(1))
        #expect(LookPlan(step: 3).share(of: 7) == 1 && LookPlan(step: 3).isTested(7))
    }

    @Test func testsHaveACadenceOfTheirOwn() {
        // Reading costs 5 ms, tests as much again three times: there is room for all steps without the tests.
        var trainer = Trainer(share: 0.1, step: 0.1, secondsPerByte: 5e-3 / Double(1 << 20), bytes: [960 << 10])
        for step in 0..<10_000 { trainer.step(step) }
        #expect(trainer.share <= 0.101)
        #expect(trainer.looks.count > 9_900, "\(trainer.looks.count)")
        let tests = trainer.tests[0]
        #expect(tests.starts(with: Array(0..<64)))
        for (last, next) in zip(tests, tests.dropFirst()) { #expect(next - last <= max(1, last / 64) + 2) }
        #expect(tests.count < 500)
    }

    @Test func withoutALimitEveryLookIsTested() {
        var trainer = Trainer(share: 0, step: 0.1, secondsPerByte: 1e-9, bytes: [100])
        for step in 0..<500 { trainer.step(step) }
        #expect(trainer.tests[0] == Array(0..<500))
    }

    @Test func aRewindChangesNothingButTheOrder() {
        var trainer = Trainer(share: 0.01, step: 0.05, secondsPerByte: 1e-9, bytes: [1 << 20])
        for step in 0..<200 { trainer.step(step) }
        trainer.planner.rewind(to: 100)
        for step in 101..<300 { trainer.step(step) }
        #expect(trainer.share <= 0.0101)
        #expect(trainer.looks.contains { $0.step > 200 })
    }
}
