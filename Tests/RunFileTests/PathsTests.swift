import Forks
import RunFile
import Testing

/// The elements of a tensor that are followed: what comes back, and what becomes of it in a long run.
@Suite struct PathsTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private var path: String { directory("a.furca") }

    private func named(_ name: Int, _ lower: Double, _ upper: Double) -> Branch {
        var branch = Branch(position: (lower + upper) / 2, mass: 0.5, lower: lower, upper: upper)
        branch.name = name
        return branch
    }

    private func followed(_ values: [Float], branches: [Branch] = [], events: [ForkEvent] = []) -> TensorLook {
        var look = look(at: 0, branches: branches, events: events)
        look.path = values
        return look
    }

    private func paths(_ tensor: String = "w") throws -> RunPaths { try RunReader(path: path).paths(of: tensor).get() }

    private func reason(_ tensor: String) throws -> RunReader.NoPaths? {
        if case .failure(let none) = try RunReader(path: path).paths(of: tensor) { none } else { nil }
    }

    @Test func valuesBranchesAndChurnComeBack() throws {
        let two = [named(3, -2, 0.5), named(0, 0.5, 2)]
        try finish(
            path,
            [
                tensor(0, "w", shape: [1 << 33]), .followed(tensor: 0, places: [2, 5, 1 << 32]),
                .followed(tensor: 0, places: [9]),  // Said already: it does not count.
                look(0, [followed([1, -0.0, .nan])]),
                look(1, [followed([-1, 0.5, 2], branches: two)]),
                look(2, [look(at: 0, branches: two)]),
                look(3, [followed([-1, 0.25, .infinity], branches: two)]),
                look(4, [look(at: 0, branches: two)]),
                .path(tensor: 0, step: 4, [1, 1, 1]),
                .path(tensor: 0, step: 3, [7, 7, 7]),  // So does this.
                .path(tensor: 0, step: 99, [7, 7, 7]),
            ])
        let paths = try paths()
        #expect(paths.steps == [0, 1, 3, 4] && paths.places == [2, 5, 1 << 32])
        #expect(paths.values(at: 0).map(\.bitPattern) == [Float(1), -0.0, .nan].map(\.bitPattern))
        #expect(Array(paths.values(at: 2)) == [-1, 0.25, .infinity] && Array(paths.values(at: 3)) == [1, 1, 1])
        let names = (0..<4).map { look in paths.values(at: look).map { paths.branches[look].name(at: $0) } }
        #expect(names == [[0, 0, nil], [3, 0, 0], [3, 3, nil], [0, 0, 0]])
        // Of the two elements that are finite at both looks one has gone over, then both.
        #expect(paths.churn[0].isNaN && paths.churn[1].isNaN && paths.churn[2...] == [0.5, 1])
    }

    @Test func aBranchThatIsAloneHasItsOwnName() throws {
        let merge = event(.merge, step: 2, after: 1, [named(4, -2, 2)])
        try finish(
            path,
            [
                tensor(0, "w"), .followed(tensor: 0, places: [0]),
                look(0, [followed([1])]),
                look(1, [followed([1], branches: [named(4, -2, 0), named(0, 0, 2)])]),
                look(2, [followed([1], branches: [named(4, -2, 2)], events: [merge])]),
                look(3, [followed([1])]),
            ])
        #expect(try paths().branches.map { $0.map(\.name) } == [[0], [4, 0], [4], [4]])
    }

    @Test func whatIsSupersededIsNotPartOfThem() throws {
        try finish(
            path,
            [
                tensor(0, "w"), .followed(tensor: 0, places: [0]), look(1, [followed([1])]), look(2, [followed([2])]),
                .rewind(step: 1, time: 0), look(2, [followed([3])]), .path(tensor: 0, step: 2, [4]),
            ])
        #expect(try paths().values == [1, 3])
    }

    @Test func aTensorWithoutPathsSaysWhy() throws {
        try finish(path, facts: ["paths": "8"], [tensor(0, "w"), tensor(1, "v"), look(0, [look(at: 0)])])
        #expect(try reason("u")?.isUnknown == true)
        #expect(try reason("v")?.reason.contains("not been looked at") == true)
        #expect(try reason("w")?.reason.contains("sketches") == true)
        let none = directory("none.furca")
        try finish(none, facts: ["paths": "0"], [tensor(0, "w"), look(0, [look(at: 0)])])
        guard case .failure(let why) = try RunReader(path: none).paths(of: "w") else { throw Failure("there are paths") }
        #expect(why.reason.contains("paths = 0"))
    }

    /// A file as libraries before this one made it.
    private func makeOlder() throws {
        try RawDatabase(path).execute(
            """
            drop view paths; drop view path_elements; drop view groups; drop table path; drop table path_element; drop view tensors;
            drop view group_members; drop table group_member; drop table tensor_group;
            create view tensors(id, name, dtype, shape, elements, frozen) as
                select id, name, dtype, shape, elements, frozen from tensor;
            """)
    }

    @Test func anOlderFileIsReadAndContinued() throws {
        try finish(path, [tensor(0, "w"), look(0, [look(at: 0)])])
        try makeOlder()
        #expect(try rows(path, "select name from tensors") == [["w"]])
        #expect(try reason("w")?.reason.contains("earlier version") == true)
        let (writer, history) = try RunWriter.resume(path)
        #expect(history.tensors.map(\.record.name) == ["w"] && history.tensors[0].pathStep == nil)
        try writer.write([.followed(tensor: 0, places: [0]), look(1, [followed([5])])])
        try writer.close()
        #expect(try paths().values == [5] && paths().steps == [1])
        #expect(try rows(path, "select kind from tensors") == [["tensor"]])
        #expect(try RunWriter.resume(path).history.tensors[0].pathStep == 1)
    }

    @Test func aLongRunKeepsEveryFourthOfWhatItKeepsOfSketches() throws {
        let writer = try RunWriter(creating: path, facts: [:], maximumSize: 1 << 20)
        try writer.write([tensor(0, "w"), .followed(tensor: 0, places: Array(0..<1024))])
        let values = (0..<1024).map(Float.init)
        let split = event(.split, step: 777, after: 776, [branch(0), branch(2)])
        for step in 0..<2000 {
            var seen = step == 777 ? followed(values, branches: split.branches, events: [split]) : followed(values)
            seen.keepsSketch = true
            try writer.write([look(step, [seen])])
        }
        try writer.close()
        let steps = try paths().steps
        let sketches = try rows(path, "select count(*) from sketches")
        let level = try rows(path, "select value from facts where key = 'thinning_level'")
        #expect(steps.contains(0) && steps.contains(777) && steps.contains(1999), "\(level)")
        #expect(steps.count < 400, "\(steps.count) of \(sketches), level \(level)")
        #expect(try paths().values(at: steps.count - 1).elementsEqual(values))
        #expect(try rows(path, "select count(*) from path where look not in (select look from observation)") == [[0]])
    }
}
