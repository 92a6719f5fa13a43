import CSQLite
import Foundation
import RunFile
import Testing

@Suite struct WriterTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    @Test func aFinishedRunIsOneFile() throws {
        try finish(directory("a.furca"), [tensor(0, "w"), look(0, [look(at: 0)])])
        #expect(try directory.names == ["a.furca"])
        #expect(try RawDatabase(directory("a.furca")).lines("pragma journal_mode") == ["delete"])
    }

    @Test func theHeaderSaysWhatItIs() throws {
        try finish(directory("a.furca"), [])
        let bytes = try Data(contentsOf: URL(fileURLWithPath: directory("a.furca")))
        #expect(bytes.starts(with: Data("SQLite format 3\0".utf8)))
        #expect(bytes[68..<72] == Data("FURC".utf8))
        #expect(bytes[60..<64] == Data([0, 0, 0, 2]))
        #expect(try rows(directory("a.furca"), "pragma integrity_check") == [["ok"]])
    }

    @Test func factsAreKeptAndReplaced() throws {
        let path = directory("a.furca")
        let writer = try RunWriter(creating: path, facts: ["alpha": "0.01", "finished": "no"])
        try writer.write([.fact(key: "finished", value: "yes"), .fact(key: "seconds_inside", value: "1.5")])
        try writer.close()
        #expect(
            try rows(path, "select key, value from facts order by key") == [
                ["alpha", "0.01"], ["finished", "yes"], ["format_version", "2"], ["journal_mode", "wal"], ["seconds_inside", "1.5"],
            ])
    }

    @Test func aBatchIsAllOrNothing() throws {
        let path = directory("a.furca")
        let writer = try RunWriter(creating: path, facts: [:])
        try writer.write([tensor(0, "w"), look(0, [look(at: 0, keepsSketch: true)])])
        expectError(.misuse, naming: "Step 1", "tensor 7", path) {
            try writer.write([
                look(1, [look(at: 0, keepsSketch: true)]), .metric(step: 1, name: "loss", value: 1, time: 0),
                tensor(1, "v"), look(1, [look(at: 7)]),
            ])
        }
        #expect(try rows(path, "select step from stats") == [[0]])
        #expect(try rows(path, "select * from metrics") == [])
        // What was numbered in the failed batch was not, and the file is still good.
        try writer.write([
            tensor(1, "v"), look(1, [look(at: 1, keepsSketch: true)]), .metric(step: 1, name: "loss", value: 2, time: 0),
        ])
        try writer.close()
        #expect(try rows(path, "select step, tensor from sketches order by step") == [[0, "w"], [1, "v"]])
        #expect(try rows(path, "select step, name, value from metrics") == [[1, "loss", 2.0]])
    }

    @Test func aNameThatIsTakenIsRefusedWithSQLitesWords() throws {
        let writer = try RunWriter(creating: directory("a.furca"), facts: [:])
        try writer.write([tensor(0, "w")])
        expectError(.sql, naming: "UNIQUE", "tensor.name", directory("a.furca")) { try writer.write([tensor(1, "w")]) }
        try writer.write([tensor(1, "v")])
        try writer.close()
    }

    @Test func aClosedWriterSaysSo() throws {
        let writer = try RunWriter(creating: directory("a.furca"), facts: [:])
        try writer.close()
        try writer.close()
        expectError(.misuse, naming: "closed", directory("a.furca")) { try writer.write([.leftOut(step: 1)]) }
    }

    @Test func aWriterThatIsForgottenLeavesAGoodFile() throws {
        do {
            let writer = try RunWriter(creating: directory("a.furca"), facts: [:])
            try writer.write([.metric(step: 0, name: "loss", value: 1, time: 0)])
        }
        #expect(try rows(directory("a.furca"), "select value from metrics") == [[1.0]])
    }

    @Test func hostileTextSurvives() throws {
        let names = [
            "", "it's", "\"quoted\"", "a\0b", "a\0c", "名前", "é", "🌿", "'; drop table look; --", "%", "line\nbreak",
            String(repeating: "long ", count: 20_000),
        ]
        let path = directory("a.furca")
        try finish(
            path, facts: ["k'\0ey": "v\0'"],
            names.enumerated().flatMap { index, name -> [RunRecord] in
                [tensor(index, name), .metric(step: index, name: name, value: 0, time: 0), .gap(name: name, reason: name)]
            })
        #expect(try rows(path, "select name from tensors order by id") == names.map { [.text($0)] })
        #expect(try rows(path, "select name from metrics order by step") == names.map { [.text($0)] })
        #expect(try rows(path, "select name, reason from gaps") == names.map { [.text($0), .text($0)] })
        #expect(try rows(path, "select value from facts where key = ?", ["k'\0ey"]) == [["v\0'"]])
        for (index, name) in names.enumerated() {
            #expect(try rows(path, "select id from tensors where name = ?", [.text(name)]) == [[.integer(Int64(index))]])
        }
    }

    @Test func numbersAtTheEndsOfTheirRange() throws {
        let path = directory("a.furca")
        let values = [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 1 / 3]
        try finish(
            path,
            [tensor(0, "w", shape: [Int.max, 3]), tensor(1, "scalar", shape: []), tensor(2, "none", shape: [Int.max, 2, 0])]
                + values.map { .metric(step: Int.max, name: "m", value: $0, time: 0) }
                + [.metric(step: Int.min, name: "n", value: 0, time: .nan), look(Int.max, [look(at: 0)])])
        #expect(
            try rows(path, "select step, value from metrics where name = 'm'")
                == [[.integer(.max), nil]] + values.dropFirst().map { [.integer(.max), .real($0)] })
        #expect(try rows(path, "select step, time from metrics where name = 'n'") == [[.integer(.min), nil]])
        #expect(try rows(path, "select count(*) from metrics where value = 9e999") == [[1]])
        #expect(try rows(path, "select step from stats") == [[.integer(.max)]])
        #expect(
            try rows(path, "select shape, elements from tensors order by id") == [
                [.text("[\(Int.max),3]"), .integer(.max)], ["[]", 1], [.text("[\(Int.max),2,0]"), 0],
            ])
    }

    @Test func manyMetricsInOneBatch() throws {
        let path = directory("a.furca")
        try finish(
            path,
            (0..<100_000).map { .metric(step: $0 / 10, name: "metric \($0 % 10)", value: Double($0), time: 0) })
        #expect(try rows(path, "select count(*), sum(value) from metrics") == [[100_000, 4_999_950_000.0]])
        #expect(try rows(path, "select value from metrics where name = 'metric 3' and step = 77") == [[773.0]])
    }

    @Test func aReaderInTheMiddleOfARunDoesNotStopTheWriterFromClosing() throws {
        let path = directory("a.furca")
        let writer = try RunWriter(creating: path, facts: [:])
        try writer.write((0..<100).map { .metric(step: $0, name: "loss", value: 0, time: 0) })
        let reader = try RunReader(path: path)
        let unread = try reader.query("select step from metrics", [])
        #expect(try unread.next())
        try writer.write([.metric(step: 100, name: "loss", value: 0, time: 0)])
        try writer.close()
        #expect(try reader.all("select count(*) from metrics") == [[101]])
        var count = 1
        while try unread.next() { count += 1 }
        #expect(count == 100)
        #expect(try rows(path, "select count(*) from metrics") == [[101]])
    }

    @Test func anOpenReaderThatAsksNothingLeavesOneFileBehind() throws {
        let path = directory("a.furca")
        let writer = try RunWriter(creating: path, facts: [:])
        let reader = try RunReader(path: path)
        try writer.write([.metric(step: 0, name: "loss", value: 0, time: 0)])
        let exhausted = try reader.query("select step from metrics")
        while try exhausted.next() {}
        try writer.close()
        #expect(try directory.names == ["a.furca"])
        #expect(try reader.all("select step from metrics") == [[0]])
        #expect(try exhausted.next() == false)
    }

    @Test func anotherProgramsWriteLockIsWaitedForAndNamed() throws {
        let path = directory("a.furca")
        let writer = try RunWriter(creating: path, facts: [:])
        var other: OpaquePointer?
        #expect(sqlite3_open(path, &other) == SQLITE_OK)
        defer { sqlite3_close(other) }
        #expect(sqlite3_exec(other, "begin immediate", nil, nil, nil) == SQLITE_OK)
        expectError(.io, naming: "locked", path) { try writer.write([.leftOut(step: 1)]) }
        #expect(sqlite3_exec(other, "rollback", nil, nil, nil) == SQLITE_OK)
        try writer.write([.leftOut(step: 1)])
        #expect(try rows(path, "select step from left_out") == [[1]])
    }
}
