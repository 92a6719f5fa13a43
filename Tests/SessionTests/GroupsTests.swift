import Foundation
import Kernels
import RunFile
import Sketches
import Testing

@testable import Session

/// Unions of tensors: who is in one, and when it is looked at.
@Suite struct GroupsTests {
    @Test(arguments: [
        ("*", "anything", true), ("*", "", true), ("a.b", "a.b", true), ("a.b", "axb", false), ("a?b", "axb", true),
        ("a?b", "ab", false), ("*.bias", "h.0.bias", true), ("*.bias", "h.0.bias2", false), ("h.*.w*t", "h.1.mlp.weight", true),
        ("*a*b*", "xxbxaxxb", true), ("*a*b*", "bbbaaa", false), ("**", "x", true), ("", "", true), ("", "x", false),
        ("größe*", "größe.1", true), ("*aab", "aaaaab", true),
    ])
    func patterns(_ pattern: String, _ name: String, _ matches: Bool) {
        #expect(NamePattern(pattern).matches(name) == matches)
    }

    func gaussian(_ count: Int, seed: UInt64) -> [Float] {
        var random = SplitMix(state: seed)
        return (0..<count).map { _ in Float(random.normal()) }
    }

    @Test func waitsForAllMembersOfAStep() throws {
        let path = try temporaryPath()
        let session = try makeSession(path: path)
        let group = try session.group(name: "all", pattern: "t*")
        let members = try (0..<3).map { try session.register("t\($0)", count: 50) }
        _ = try session.register("other", count: 5)
        func observe(_ step: Int, _ numbers: [Int]) throws {
            for number in numbers { try session.observe(step: step, tensor: members[number], gaussian(50, seed: 9)) }
        }
        try observe(0, [0, 1])
        expectError(.empty) { _ = try session.latest(of: group) }
        try observe(0, [2])
        #expect(try session.latest(of: group).step == 0 && session.latest(of: group).sketch.count == 150)
        try observe(1, [2, 1])
        #expect(try session.latest(of: group).step == 0)
        // One member stays away: the look at step 1 is made when the run goes on, with what was there.
        try observe(2, [1])
        #expect(try session.latest(of: group).step == 1)
        // From then on it is not waited for.
        try observe(2, [2])
        #expect(try session.latest(of: group).step == 2)
        try observe(3, [1, 2])
        #expect(try session.latest(of: group).step == 3)
        try observe(4, [1])
        try session.close()
        #expect(
            try rows(path, "select step from stats where tensor = 'group:all' order by step")
                == [0, 1, 2, 3, 4].map { [.integer($0)] })
        #expect(try rows(path, "select member from group_members") == (0..<3).map { [.text("t\($0)")] })
        #expect(try rows(path, "select sum(tensors), sum(offered) from cost") == [[.integer(10), .integer(10)]])
    }

    @Test func aMemberThatIsConstantIsLeftOutAndNamed() throws {
        let session = try makeSession()
        let group = try session.group(name: "all", pattern: "*")
        let (a, b) = (try session.register("a", count: 40), try session.register("b", count: 60))
        func observe(_ step: Int, _ first: [Float], _ second: [Float]) throws {
            try session.observe(step: step, tensor: a, first)
            try session.observe(step: step, tensor: b, second)
        }
        let ones = [Float](repeating: 1, count: 40)
        try observe(0, ones, [Float](repeating: 0, count: 60))
        #expect(try session.latest(of: group).sketch.count == 100 && session.latest(of: group).sketch.max == 0)
        #expect(try !session.report.contains("group:all"))
        try observe(1, ones, gaussian(60, seed: 2))
        #expect(try session.latest(of: group).sketch.count == 60)
        #expect(try session.report.contains("group:all: without a as long as they are constant, as at step 1"))
        #expect(try session.report.contains("2 tensors, 100 values, 1 group"))
        try observe(2, gaussian(40, seed: 3), gaussian(60, seed: 2))
        #expect(try session.latest(of: group).sketch.count == 100 && session.summary.gaps == 1)
        // A NaN is left out, too.
        try observe(3, [.nan] + gaussian(39, seed: 3), gaussian(60, seed: 2))
        #expect(try session.latest(of: group).sketch.count == 99)
    }

    @Test func aResumedRunHasItsGroups() throws {
        let path = try temporaryPath()
        var options = SessionOptions()
        options.path = path
        options.budget = 0
        options.resumes = true
        for start in [0, 3] {
            let session = try Session(options)
            if start == 0 { _ = try session.group(name: "all", pattern: "*") }
            let w = try session.register("w", count: 500)
            for step in start..<start + 3 { try session.observe(step: step, tensor: w, gaussian(500, seed: 4)) }
            let group = try session.tensor(named: "group:all")
            #expect(try session.latest(of: group).step == start + 2)
            if start > 0 {
                #expect(try session.group(name: "all", pattern: "*") == group)
                expectError(.duplicate, naming: "all") { _ = try session.group(name: "all", pattern: "*") }
                expectError(.duplicate, naming: "group:all") { _ = try session.register("group:all", count: 1) }
            }
            try session.close()
        }
        #expect(try rows(path, "select count(*), min(std) > 0.99 from stats where tensor = 'group:all'") == [[.integer(6), .integer(1)]])
        #expect(try rows(path, "select looks from progress where tensor = 0") == [[.integer(6)]])
        let other = try Session(options)
        expectError(.duplicate, naming: "all", "*") { _ = try other.group(name: "all", pattern: "w") }
        try other.close()
    }

    @Test func aGroupIsNotHandedOver() throws {
        let session = try makeSession()
        let group = try session.group(name: "all", pattern: "*")
        let w = try session.register("w", count: 4)
        expectError(.argument, naming: "group:all", "members") { try session.observe(step: 0, tensor: group, []) }
        var sketch = Sketch()
        [Float](repeating: 1, count: 4).withUnsafeBytes {
            sketch.update(ElementBuffer(start: $0.baseAddress, count: 4, type: .float32), scratch: Scratch())
        }
        expectError(.argument, naming: "group:all") { try session.observe(step: 0, [Sketched(tensor: group, sketch: Sketch())]) }
        try session.observe(step: 0, [Sketched(tensor: w, sketch: sketch)])
        expectError(.empty) { _ = try session.latest(of: group) }
        #expect(try session.report.contains("group:all: none of its members came with single elements"))
    }

    @Test func aRewoundRunLooksAgain() throws {
        let session = try makeSession()
        let group = try session.group(name: "all", pattern: "*")
        let w = try session.register("w", count: 100)
        for step in 0..<5 { try session.observe(step: step, tensor: w, gaussian(100, seed: 6)) }
        try session.rewind(to: 2)
        try session.observe(step: 3, tensor: w, gaussian(100, seed: 7))
        #expect(try session.latest(of: group).step == 3)
    }
}
