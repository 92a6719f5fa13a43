import Testing

@testable import Forks

private let fork = Pitchfork(2000)

@Suite struct SplitsAndMerges {
    @Test func aSplitIsSeenAtOnceAndNamesItsBranches() throws {
        var follower = Follower()
        for step in [0, 100, 200] { #expect(follower.look(fork.values(apart: 0), step).isEmpty) }
        #expect(follower.tracker.branches.map(\.name) == [0])
        let events = follower.look(fork.noise.indices.map { fork.noise[$0] + ($0 % 10 < 4 ? 5 : -5) }, 300)
        #expect(events.count == 1)
        let split = try #require(events.first)
        #expect(split.kind == .split && split.label == .learned && split.step == 300)
        #expect(split.onsetAfter == 200 && split.onsetBy == 300 && split.pValue <= 1e-6)
        // The heavier branch, the lower one, goes on as the trunk.
        #expect(split.branches.map(\.name) == [0, 1])
        #expect(abs(split.branches[0].position + 5) < 0.2 && abs(split.branches[1].position - 5) < 0.2)
        #expect(abs(split.branches[0].mass - 0.6) < 0.01 && abs(split.branches[1].mass - 0.4) < 0.01)
    }

    @Test func nothingIsSaidOfWhatIsUnimodal() {
        var follower = Follower(alpha: 1e-3)
        var stream = Stream(12)
        for step in 0..<30 {
            follower.look((0..<1500).map { _ in step % 2 == 0 ? stream.normal() : stream.uniform() }, step)
        }
        #expect(follower.events.isEmpty)
    }

    /// Branches that draw together are held after they are last significant, and are one when they are surely one.
    @Test func aForkIsHeldUntilItHasSurelyEnded() throws {
        var follower = Follower()
        let steps = Array(stride(from: 0, through: 600, by: 10))
        for step in steps { follower.look(fork.values(apart: step == 0 ? 0 : 4 - Double(step) / 150), step) }
        #expect(follower.events.map(\.kind) == [.split, .merge])
        let merge = try #require(follower.events.last)
        let lastSignificant = try #require(follower.modes.last { $0.count == 2 }).step
        #expect(merge.onsetAfter == lastSignificant && merge.onsetBy == merge.step)
        // It was held over several looks that by themselves show one mode.
        #expect(merge.step - lastSignificant >= 50)
        #expect(follower.tracker.branches.count == 1 && follower.tracker.label == .none)
    }

    @Test func aForkThatHoversAboutTheThresholdIsOneFork() {
        var follower = Follower()
        for step in 0..<40 { follower.look(fork.values(apart: step % 2 == 0 ? 2.0 : 1.35), step) }
        #expect(Set(follower.modes.map(\.count)) == [1, 2])
        #expect(follower.events.map(\.kind) == [.split])
    }

    @Test func threeWayForksAreFollowedAsThree() throws {
        var follower = Follower()
        let sides = [-8.0, 0, 8]
        func values(_ apart: Double, _ inner: Double) -> [Double] {
            fork.noise.indices.map { place in
                let side = sides[place % 3]
                return fork.noise[place] + (side < 0 ? side * apart : side == 0 ? 0 : side * inner)
            }
        }
        follower.look(values(0, 0), 0)
        #expect(follower.look(values(1, 0), 10).map(\.branches.count) == [2])
        let second = follower.look(values(1, 1), 20)
        #expect(second.map(\.kind) == [.split] && second.first?.branches.count == 3)
        // A fork of what was forked begins after the look before.
        #expect(second.first?.onsetAfter == 10)
        let names = try #require(second.first).branches.map(\.name)
        #expect(names.first == 1 && Set(names) == [0, 1, 2])
        #expect(follower.look(values(0, 1), 30).map(\.kind) == [.merge])
        #expect(follower.tracker.branches.count == 2)
    }

    @Test func aMinorBranchIsBornAndDies() {
        var follower = Follower()
        let large = Pitchfork(20_000, seed: 4)
        func values(_ apart: Double) -> [Double] {
            large.noise.indices.map { large.noise[$0] + ($0 % 100 == 0 ? apart : 0) }
        }
        follower.look(values(0), 0)
        #expect(follower.look(values(12), 10).map(\.kind) == [.birth])
        #expect(follower.tracker.branches.map(\.name) == [0, 1])
        #expect(abs(follower.tracker.branches[1].mass - 0.01) < 0.001)
        #expect(follower.look(values(0), 20).map(\.kind) == [.death])
        #expect(follower.tracker.branches.map(\.name) == [0])
    }
}

@Suite struct Onsets {
    /// What is flatter than a Gaussian may have begun to fork: such looks do not date the onset.
    @Test func theOnsetBeginsWhereTheTensorWasSurelyOfOneMode() {
        var follower = Follower()
        follower.look(fork.values(apart: 0), 0)
        follower.look(fork.values(apart: 0), 100)
        follower.look(fork.values(apart: 1.2), 200)
        follower.look(fork.values(apart: 1.3), 300)
        #expect(follower.events.isEmpty)
        let events = follower.look(fork.values(apart: 4), 400)
        #expect(events.map(\.onsetAfter) == [100] && events.map(\.onsetBy) == [400])
    }

    /// Too few values, or too flat ones, are never surely of one mode: then the fork may have begun after the first look.
    @Test func whereNoLookIsSureTheOnsetBeginsWithTheFirst() {
        var follower = Follower()
        for step in [100, 200, 300] { follower.look(fork.values(apart: 1.3), step) }
        #expect(follower.look(fork.values(apart: 4), 400).map(\.onsetAfter) == [100])
        // And, after a merge, with it.
        #expect(follower.look(fork.values(apart: 0.9), 500).map(\.kind) == [.merge])
        follower.look(fork.values(apart: 1.3), 600)
        #expect(follower.look(fork.values(apart: 4), 700).map(\.onsetAfter) == [500])
    }

    @Test func whatIsForkedWhenFirstSeenHasNoBeginning() {
        var follower = Follower()
        let events = follower.look(fork.values(apart: 5), 700)
        #expect(events.map(\.kind) == [.split] && events.first?.onsetAfter == nil && events.first?.onsetBy == 700)
        #expect(events.first?.branches.map(\.name) == [0, 1])
    }
}

@Suite struct Origins {
    private let sides = fork.noise.indices.map { $0 % 2 == 0 ? 1.0 : -1 }

    private func stepped(_ size: Double) -> [Double] { sides.map { 1 + size * $0 } }

    @Test func theOptimizersSplitIsLearnedOnceItHasLasted() {
        var follower = Follower()
        follower.look([Double](repeating: 1, count: 2000), 0)
        let first = follower.look(stepped(1e-3), 1)
        #expect(first.map(\.kind) == [.split] && first.first?.label == .optimizer && first.first?.onsetAfter == 0)
        for step in [2, 20, 90, 127] {
            #expect(follower.look(fork.noise.indices.map { 1 + 1e-3 * (sides[$0] * 8 + fork.noise[$0]) }, step).isEmpty, "\(step)")
        }
        let later = follower.look(fork.noise.indices.map { 1 + 1e-3 * (sides[$0] * 9 + fork.noise[$0]) }, 128)
        #expect(later.map(\.kind) == [.established] && later.first?.label == .learned && later.first?.onsetAfter == 127)
        #expect(follower.look(fork.values(apart: 9), 140).isEmpty && follower.tracker.label == .learned)
    }

    @Test func whatMergesBeforeIsNeverLearned() {
        var follower = Follower()
        follower.look([Double](repeating: 1, count: 2000), 0)
        follower.look(stepped(1e-3), 1)
        follower.look(fork.values(apart: 0), 50)
        follower.look(fork.values(apart: 0), 200)
        #expect(follower.events.map(\.kind) == [.split, .merge])
    }

    @Test func aSplitLongAfterTheTensorWasConstantIsLearned() {
        for (step, label) in [(127, ForkEvent.Label.optimizer), (128, .learned)] {
            var follower = Follower()
            follower.look([Double](repeating: 1, count: 2000), 0)
            #expect(follower.look(fork.values(apart: 4), step).map(\.label) == [label])
        }
    }

    @Test func theTeethOfACombAreOneFork() {
        var follower = Follower()
        var stream = Stream(6)
        var values = [Float](repeating: 0.5, count: 2000)
        for step in 0...150 {
            follower.look(values.map(Double.init), step)
            for place in values.indices { values[place] += stream.uniform() < 0.5 ? 1e-3 : -1e-3 }
        }
        #expect(follower.events.first?.label == .optimizer)
        #expect(!follower.events.contains { $0.label == .learned })
        #expect(follower.events.count { $0.kind == .split } == 1)
    }

    @Test func aPrunedTensorSaysSo() {
        var follower = Follower()
        follower.look(fork.noise, 500)
        let events = follower.look(fork.noise.map { $0.magnitude < 0.67 ? 0 : $0 }, 510)
        #expect(events.map(\.kind) == [.split] && events.first?.label == .pruned && events.first?.branches.count == 2)
    }

    @Test func aConstantThatMovesWithOneModeIsReleased() {
        var follower = Follower()
        for step in [0, 10, 20] { #expect(follower.look([Double](repeating: 0.5, count: 2000), step).isEmpty) }
        let events = follower.look(fork.noise, 30)
        #expect(events.map(\.kind) == [.release] && events.first?.onsetAfter == 20 && events.first?.label == ForkEvent.Label.none)
        #expect(follower.look(fork.noise.map { $0 * 1.01 }, 40).isEmpty)
    }
}

@Suite struct OtherEvents {
    @Test func whatStandsStillAfterMovingIsFrozenOnce() {
        var follower = Follower()
        for step in stride(from: 0, through: 20, by: 10) { follower.look(fork.noise.map { $0 + 0.001 * Double(step) }, step) }
        for step in stride(from: 30, through: 400, by: 10) { follower.look(fork.noise.map { $0 + 0.02 }, step) }
        #expect(follower.events.map(\.kind) == [.frozen])
        #expect(follower.events.first?.onsetAfter == 20 && follower.events.first?.step == 20 + ForkTracker.frozenUpdates + 2)
    }

    @Test func frozenTakesEnoughLooksAndWasMovingBefore() {
        var still = Follower()
        for step in 0..<160 { still.look(fork.noise, step) }
        #expect(still.events.isEmpty)
        var rare = Follower()
        rare.look(fork.noise.map { $0 * 2 }, 0)
        for look in 0..<ForkTracker.frozenLooks { #expect(rare.look(fork.noise, 1000 + 1000 * look).isEmpty) }
        #expect(rare.look(fork.noise, 1000 + 1000 * ForkTracker.frozenLooks).map(\.kind) == [.frozen])
    }

    @Test func theFirstNaNIsToldOnce() {
        var follower = Follower()
        follower.look(fork.noise, 0)
        follower.look(fork.noise, 10)
        var broken = fork.noise
        broken[77] = .nan
        let events = follower.look(broken, 20)
        #expect(events.map(\.kind) == [.nonfinite] && events.first?.onsetAfter == 10 && events.first?.step == 20)
        broken[3] = .infinity
        #expect(follower.look(broken, 30).isEmpty)
        // Nothing finite: nothing to follow, and nothing is forgotten.
        #expect(follower.look([.nan, .infinity, -.infinity], 40).isEmpty)
        #expect(follower.tracker.branches.count == 1)
        #expect(follower.look(fork.noise, 50).isEmpty)
    }

    @Test func aForkTurnsAndItsStructureIsLookedAtMoreAndMoreRarely() throws {
        var follower = Follower()
        let (rows, columns) = (50, 40)
        var asked: [Int] = []
        for step in 0...200 {
            let alongRows = step >= 100
            let values = fork.noise.indices.map { place -> Double in
                let line = alongRows ? place / columns : place % columns
                return 0.3 * fork.noise[place] + (step < 10 ? 0 : line % 2 == 0 ? 3 : -3)
            }
            follower.look(values, step) { cut in
                asked.append(step)
                #expect(abs(cut) < 2)
                return axisSums(values, columns: columns, cut: cut)
            }
        }
        #expect(follower.events.map(\.kind) == [.split, .turn])
        let (split, turn) = (try #require(follower.events.first), try #require(follower.events.dropFirst().first))
        #expect(split.step == 10 && split.structure.axis == .columns && split.structure.lineCount == columns)
        #expect(turn.structure.axis == .rows && turn.structure.lineCount == rows && turn.structure.lines.count == rows / 2)
        var next = 10
        for step in asked {
            #expect(step == next)
            next = step + max(16, step / 4)
        }
        #expect(next > 200)
        #expect(turn.step == asked.first { $0 >= 100 } && turn.onsetAfter == asked.last { $0 < 100 })
    }
}

@Suite struct Resuming {
    /// The same story, told by one tracker or, from any look on, by one that has the events and the steps of the run file.
    @Test func aRunThatIsResumedTellsTheSame() {
        let ones = [Double](repeating: 1, count: 2000)
        let sides = fork.noise.indices.map { $0 % 2 == 0 ? 1.0 : -1 }
        var story: [(step: Int, values: [Double])] = [(0, ones), (1, sides.map { 1 + 1e-3 * $0 })]
        for step in [20, 60, 100, 140, 160] {
            story.append((step, fork.noise.indices.map { 1 + 1e-3 * (sides[$0] * 8 + fork.noise[$0] * (1 + 1e-4 * Double(step))) }))
        }
        for step in stride(from: 200, through: 900, by: 50) { story.append((step, fork.values(apart: 4 - Double(step) / 225))) }
        story += [(1000, fork.values(apart: 0)), (1100, fork.values(apart: 1.25)), (1200, fork.values(apart: 5))]

        var whole = Follower()
        for (step, values) in story { whole.look(values, step) }
        #expect(whole.events.map(\.kind) == [.split, .established, .merge, .split])

        for stop in stride(from: 1, to: story.count, by: 2) {
            var before = Follower()
            for (step, values) in story[..<stop] { before.look(values, step) }
            let tracker = before.tracker
            var after = Follower(
                tracker: ForkTracker(
                    resuming: before.events, lastLook: story[stop - 1].step, branches: tracker.branches,
                    lastSignificant: tracker.lastSignificant, lastQuiet: tracker.lastQuiet, pointMass: tracker.pointMass))
            for (step, values) in story[stop...] { after.look(values, step) }
            #expect(before.events + after.events == whole.events, "resumed after step \(story[stop - 1].step)")
        }
    }

    @Test func aNaNBeforeIsNotToldAgain() {
        var broken = fork.noise
        broken[0] = .nan
        var before = Follower()
        before.look(broken, 5)
        var after = Follower(tracker: ForkTracker(resuming: before.events, lastLook: 5))
        #expect(before.events.map(\.kind) == [.nonfinite] && after.look(broken, 6).isEmpty)
    }
}
