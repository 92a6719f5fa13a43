import Foundation
import RunFile
import Sketches
import Testing

@Suite struct ViewTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private var path: String { directory("a.furca") }

    @Test func tensorsAndStatistics() throws {
        let values: [Float] = [-2, 0, 0, 1, 3, .nan, .infinity, -.infinity, -.infinity, Float(bitPattern: 1)]
        try finish(
            path,
            [
                tensor(0, "w", shape: [2, 5]), tensor(1, "norm", shape: [3], frozen: true), tensor(2, "nothing", shape: [0]),
                look(5, [look(at: 0, values), look(at: 1, [1, 1, 1]), look(at: 2, [])]),
            ])
        #expect(
            try rows(path, "select * from tensors") == [
                [0, "w", "float32", "[2,5]", 10, 0, "tensor"], [1, "norm", "float32", "[3]", 3, 1, "tensor"],
                [2, "nothing", "float32", "[0]", 0, 0, "tensor"],
            ])
        let expected = sketch(of: values)
        #expect(
            try rows(path, "select * from stats where tensor = 'w'") == [
                [
                    5, "w", 10, 1, 1, 2, 2, 1, -2.0, 3.0, .real(expected.moments.mean),
                    .real(expected.moments.standardDeviation), .real(expected.moments.skewness),
                    .real(expected.moments.excessKurtosis), .real(expected.l1), .real(expected.l2), 0.125, 0.0625, 0.5, 0, 1.0,
                    0.0, 0.0, 0.0,
                ]
            ])
        #expect(
            try rows(path, "select min, max, mean, std, skewness, kurtosis from stats where tensor = 'norm'")
                == [[1.0, 1.0, 1.0, 0.0, nil, nil]])
        #expect(
            try rows(path, "select count, min, max, mean, std, skewness, kurtosis, l1, l2 from stats where tensor = 'nothing'")
                == [[0, nil, nil, nil, nil, nil, nil, 0.0, 0.0]])
    }

    @Test func sketchesComeBackWhole() throws {
        let values = (0..<10_000).map { Float($0) * 0.37 }
        try finish(
            path,
            [
                tensor(0, "w"), look(0, [look(at: 0, values, keepsSketch: true)]),
                look(1, [look(at: 0, values)]), look(2, [look(at: 0, [7])]),
                .sketches(step: 2, [(tensor: 0, sketch: sketch(of: [7]))]),
                .sketches(step: 0, [(tensor: 0, sketch: sketch(of: [8]))]),
                .sketches(step: 9, [(tensor: 0, sketch: sketch(of: [9])), (tensor: 5, sketch: sketch(of: [9]))]),
            ])
        #expect(try rows(path, "select step, tensor from sketches") == [[0, "w"], [2, "w"]])
        #expect(try rows(path, "select count(*) from sketch") == [[2]])
        for (step, original) in [(0, sketch(of: values)), (2, sketch(of: [7]))] {
            guard case .blob(let bytes) = try rows(path, "select sketch from sketches where step = \(step)")[0][0] else {
                throw Failure("no bytes")
            }
            #expect(bytes == original.serialized())
            let copy = try bytes.withUnsafeBytes { try Sketch(serialized: $0) }
            #expect(copy.quantile(0.5) == original.quantile(0.5))
        }
    }

    @Test func forksAndBranches() throws {
        var two = [branch(-1, mass: 0.25), branch(1, mass: 0.75)]
        two[0].name = 3
        try finish(
            path,
            [
                tensor(0, "a"), tensor(1, "b"),
                look(0, [look(at: 0, branches: [branch(0)]), look(at: 1, branches: two, events: [
                    event(.split, .optimizer, step: 0, after: nil, two)
                ])]),
                look(4, [look(at: 0, branches: two, events: [
                    event(.split, .learned, step: 4, after: 0, two), event(.nonfinite, step: 4, after: 0, []),
                ]), look(at: 1, branches: two)]),
                look(8, [look(at: 0, branches: two), look(at: 1, branches: [branch(0.5, mass: 1)], events: [
                    event(.merge, step: 8, after: 4, [branch(0.5, mass: 1)])
                ])]),
                look(9, [look(at: 0, branches: [branch(-2), branch(0), branch(.infinity)], events: [
                    event(.established, .lattice, step: 9, after: 8, two)
                ]), look(at: 1, branches: [branch(0.5, mass: 1)])]),
            ])
        #expect(
            try rows(path, "select * from forks order by fork").map { Array($0[0..<9]) + [$0[10]] } == [
                [0, nil, 0, "b", "split", "optimizer", 0.25, 1e-9, 2, 1],
                [4, 0, 4, "a", "split", "learned", 0.25, 1e-9, 2, 2],
                [4, 0, 4, "a", "nonfinite", "none", 0.25, 1e-9, 0, 3],
                [8, 4, 8, "b", "merge", "none", 0.25, 1e-9, 1, 4],
                [9, 8, 9, "a", "established", "lattice", 0.25, 1e-9, 2, 5],
            ])
        let text = event(.merge, step: 8, after: 4, [branch(0.5, mass: 1)]).text(tensor: "b")
        #expect(try rows(path, "select text from forks where kind = 'merge'") == [[.text(text)]])
        #expect(
            try rows(path, "select * from fork_branches where fork in (1, 3, 4) order by fork, branch") == [
                [1, 0, -1.0, 0.25, -2.0, 0.0, 3], [1, 1, 1.0, 0.75, 0.0, 2.0, 0], [4, 0, 0.5, 1.0, -0.5, 1.5, 0],
            ])
        #expect(try rows(path, "select name from branches where tensor = 'b' and step = 4 order by branch") == [[3], [0]])
        #expect(
            try rows(path, "select step, branch, position, mass, lower, upper from branches where tensor = 'b' order by step, branch")
                == [
                    [0, 0, -1.0, 0.25, -2.0, 0.0], [0, 1, 1.0, 0.75, 0.0, 2.0],
                    [4, 0, -1.0, 0.25, -2.0, 0.0], [4, 1, 1.0, 0.75, 0.0, 2.0],
                    [8, 0, 0.5, 1.0, -0.5, 1.5],
                ])
        #expect(
            try rows(path, "select step, count(*) from branches where tensor = 'a' group by step order by step")
                == [[4, 2], [8, 2], [9, 3]])
        #expect(try rows(path, "select position from branches where tensor = 'a' and branch = 2") == [[.real(.infinity)]])
        #expect(try rows(path, "select modes from stats where step = 9 order by tensor") == [[3], [1]])
    }

    @Test func metricsCostGapsAndWhatWasLeftOut() throws {
        try finish(
            path,
            [
                .metric(step: 0, name: "loss", value: 3, time: 10), .metric(step: 0, name: "lr", value: 0.1, time: 10),
                .metric(step: 1, name: "loss", value: 2, time: 11), .metric(step: 1, name: "loss", value: 2.5, time: 12),
                tensor(0, "w"), look(0, [], seconds: 0.25), look(0, [look(at: 0)], seconds: 0.5), look(2, [], seconds: 1),
                .leftOut(step: 1), .gap(name: "emb", reason: "on the GPU"), .gap(name: "emb", reason: "on the GPU"),
                .gap(name: "emb", reason: "a view"),
            ])
        #expect(
            try rows(path, "select * from metrics where name = 'loss' order by step")
                == [[0, "loss", 3.0, 10.0], [1, "loss", 2.0, 11.0], [1, "loss", 2.5, 12.0]])
        #expect(
            try rows(path, "select step, seconds, time from cost order by step") == [
                [0, 0.25, 1_700_000_000.0], [0, 0.5, 1_700_000_000.0], [2, 1.0, 1_700_000_002.0],
            ])
        #expect(try rows(path, "select * from left_out") == [[1]])
        #expect(try rows(path, "select * from gaps") == [["emb", "on the GPU"], ["emb", "a view"]])
    }

    @Test func aRewindSupersedesWhatCameAfter() throws {
        let two = [branch(-1), branch(1)]
        func steps(_ steps: ClosedRange<Int>, value: Float) -> [RunRecord] {
            steps.flatMap { step -> [RunRecord] in
                [
                    look(step, [look(
                        at: 0, [value], keepsSketch: true, branches: two,
                        events: [event(.split, .learned, step: step, after: nil, two)])]),
                    .metric(step: step, name: "loss", value: Double(value), time: 0), .leftOut(step: step),
                ]
            }
        }
        try finish(
            path,
            [tensor(0, "w")] + steps(0...3, value: 1) + [.rewind(step: 1, time: 50)] + steps(2...3, value: 2)
                + [.rewind(step: 2, time: 60)] + steps(3...4, value: 3)
                + [.sketches(step: 3, [(tensor: 0, sketch: sketch(of: [9]))])])
        #expect(try rows(path, "select step, mean from stats order by step") == [[0, 1.0], [1, 1.0], [2, 2.0], [3, 3.0], [4, 3.0]])
        #expect(try rows(path, "select step, value from metrics order by step") == [[0, 1.0], [1, 1.0], [2, 2.0], [3, 3.0], [4, 3.0]])
        for view in ["sketches", "cost", "forks", "left_out"] {
            #expect(try rows(path, "select step from \(view) order by step") == [[0], [1], [2], [3], [4]], "\(view)")
        }
        #expect(try rows(path, "select step, branch from branches where step >= 3") == [[3, 0], [3, 1], [4, 0], [4, 1]])
        #expect(try rows(path, "select distinct fork from fork_branches") == [[1], [2], [5], [7], [8]])
        #expect(try rows(path, "select * from rewinds") == [[1, 1, 50.0], [2, 2, 60.0]])
        let old: [[SQLValue]] = [[1, 2, 1.0], [1, 3, 1.0], [2, 3, 2.0]]
        #expect(try rows(path, "select rewind, step, mean from superseded_stats order by rewind, step") == old)
        #expect(try rows(path, "select rewind, step, value from superseded_metrics order by rewind, step") == old)
        #expect(try rows(path, "select count(*) from observation") == [[8]])
    }

    @Test func everyColumnIsDocumented() throws {
        try finish(path, [])
        let schema = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources/RunFile/SCHEMA.md")
        let text = try String(contentsOf: schema, encoding: .utf8)
        let database = try RawDatabase(path)
        for view in try database.lines("select name from sqlite_schema where type in ('view', 'table')") {
            #expect(text.contains("`\(view)`"), "\(view)")
            let section = text.components(separatedBy: "### ").first { $0.hasPrefix("`\(view)`") && !view.hasPrefix("superseded") }
            for column in try database.lines("select name from pragma_table_info('\(view)')") {
                #expect((section ?? text).contains("`\(column)`"), "\(view).\(column)")
            }
        }
    }
}
