import Foundation
import RunFile
import Testing

@Suite struct ReaderTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    @Test func whatIsNotARunIsRefused() throws {
        expectError(.io, naming: directory("none.furca"), "No such file") { _ = try RunReader(path: directory("none.furca")) }
        expectError(.io, naming: directory.path, "directory") { _ = try RunReader(path: directory.path) }
        expectError(.io, naming: "empty") { _ = try RunReader(path: "") }
        expectError(.io, naming: "NUL") { _ = try RunReader(path: "a\0") }
        try Data().write(to: URL(fileURLWithPath: directory("empty")))
        expectError(.format, naming: directory("empty"), "empty") { _ = try RunReader(path: directory("empty")) }
        try Data(repeating: 65, count: 5000).write(to: URL(fileURLWithPath: directory("text")))
        expectError(.format, naming: directory("text"), "not a database") { _ = try RunReader(path: directory("text")) }
        try RawDatabase(directory("other")).execute("create table t(x)")
        expectError(.format, naming: directory("other"), "not a run file") { _ = try RunReader(path: directory("other")) }
    }

    @Test func aLaterFormatIsNamed() throws {
        let path = directory("a.furca")
        try finish(path, [])
        try RawDatabase(path).execute("pragma user_version = 7")
        expectError(.newerVersion, naming: path, "version 7", "up to 2") { _ = try RunReader(path: path) }
        try RawDatabase(path).execute("pragma user_version = 0")
        expectError(.format, naming: path) { _ = try RunReader(path: path) }
    }

    @Test func damageIsAnErrorNotACrash() throws {
        let path = directory("a.furca")
        try finish(path, [tensor(0, "w")] + (0..<300).map { look($0, [look(at: 0, keepsSketch: true)]) })
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        var random = SystemRandomNumberGenerator()
        for cut in [20, 100, 4096, 5000, 4096 * 7, whole.count / 2] {
            try whole.prefix(cut).write(to: URL(fileURLWithPath: directory("cut.furca")))
            #expect(throws: RunFileError.self) { try rows(directory("cut.furca"), "select sum(mean), count(*) from stats") }
        }
        for _ in 0..<100 {
            var bytes = whole
            for _ in 0..<20 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random) }
            try bytes.write(to: URL(fileURLWithPath: directory("bad.furca")))
            do {
                _ = try rows(directory("bad.furca"), "select * from stats")
                _ = try rows(directory("bad.furca"), "select * from sketches")
            } catch is RunFileError {}
        }
    }

    @Test func aQueryWithoutEndIsEnded() throws {
        let path = directory("a.furca")
        try finish(path, [tensor(0, "w")] + (0..<50).map { look($0, [look(at: 0)]) })
        let endless = "with recursive r(n) as (select 1 union all select n + 1 from r)"
        let many = (0..<20).map { "observation o\($0)" }.joined(separator: " cross join ")
        // What a file may hold in place of the views: one that calls itself, one with 50 to the 20th rows, one of a huge value.
        for (name, body) in [
            ("tensors", "\(endless) select n as id, 'w' as name from r"), ("stats", "select 1 as step from \(many) where o19.step < 0"),
            ("gaps", "select zeroblob(999999999) as name, 'b' as reason"),
        ] {
            try RawDatabase(path).execute("drop view \(name)")
            try RawDatabase(path).execute("create view \(name) as \(body)")
        }
        let reader = try RunReader(path: path, operations: 2_000_000)
        expectError(.sql, naming: path, "did too much") { _ = try reader.all("select name from tensors") }
        expectError(.sql, naming: path, "did too much") { _ = try reader.all("select count(*) from stats") }
        expectError(.sql, naming: path, "too big") { _ = try reader.all("select * from gaps") }
        // Whoever asks may do so recursively, within the same limit, which is one query's and not the reader's.
        for _ in 0..<20 { #expect(try reader.all("\(endless) select n from r limit 1000").count == 1000) }
        expectError(.sql, naming: "did too much") { _ = try reader.all("\(endless) select count(*) from r") }
    }

    @Test func aQueryIsOneStatementThatReads() throws {
        let path = directory("a.furca")
        try finish(path, [.leftOut(step: 1)])
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let reader = try RunReader(path: path)
        for sql in [
            "delete from left_out_step", "insert into gap values ('a', 'b')", "drop table look", "vacuum",
            "vacuum into '\(directory("copy"))'", "create temp table t(x)", "pragma user_version = 3",
            "pragma journal_mode = wal", "replace into fact values ('a', 'b')", "reindex",
        ] {
            expectError(.sql, from: { _ = try reader.all(sql) })
        }
        expectError(.sql, naming: "would write", "delete") { _ = try reader.all("delete from left_out_step") }
        expectError(.sql, naming: "attached") { _ = try reader.all("attach '\(directory("other"))' as other") }
        expectError(.misuse, naming: "One query at a time", "drop") { _ = try reader.all("select 1; drop table look") }
        expectError(.misuse, naming: "One query at a time", "nonsense") { _ = try reader.all("select 1; nonsense") }
        expectError(.misuse, naming: "empty") { _ = try reader.all("") }
        expectError(.misuse, naming: "empty") { _ = try reader.all(" -- nothing\n") }
        expectError(.misuse, naming: "NUL") { _ = try reader.all("select 1\0; drop table look") }
        expectError(.sql, naming: "no such column: kurtosi", path) { _ = try reader.all("select kurtosi from stats") }
        expectError(.sql, naming: "syntax error") { _ = try reader.all("selec 1") }
        #expect(try reader.all("select 1; ; -- done\n /* really */ ;") == [[1]])
        #expect(try reader.all("\n;; select 2") == [[2]])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(try directory.names == ["a.furca"])
    }

    @Test func parameters() throws {
        try finish(directory("a.furca"), [])
        let reader = try RunReader(path: directory("a.furca"))
        let values: [SQLValue] = [nil, .integer(.min), -0.5, "te\0xt", "", .blob([0, 1, 255]), .blob([])]
        #expect(try reader.all("select ?, ?, ?, ?, ?, ?, ?", values) == [values])
        #expect(try reader.all("select ?", [.real(.nan)]) == [[nil]])
        #expect(try reader.all("select ?", [.real(-.infinity)]) == [[.real(-.infinity)]])
        expectError(.misuse, naming: "2 parameters", "1 value") { _ = try reader.query("select ?, ?", [1]) }
        expectError(.misuse, naming: "0 parameters", "1 value") { _ = try reader.query("select 1", [1]) }
        expectError(.misuse, naming: "3 parameters") { _ = try reader.query("select ?3", [1]) }
    }

    @Test func rowsShowTheirBytesInPlace() throws {
        try finish(directory("a.furca"), [])
        let reader = try RunReader(path: directory("a.furca"))
        let rows = try reader.query("select 'naïve' as word, x'0102' as bytes, 7, 1.5, null, '' as none")
        #expect(rows.columns == ["word", "bytes", "7", "1.5", "null", "none"])
        guard case .null = rows.view(0) else { throw Failure("there is no row yet") }
        #expect(try rows.next())
        guard case .text(let word) = rows.view(0), case .blob(let bytes) = rows.view(1), case .integer(7) = rows.view(2),
            case .real(1.5) = rows.view(3), case .null = rows.view(4), case .text(let none) = rows.view(5)
        else { throw Failure("a value has another type") }
        #expect(String(decoding: word, as: UTF8.self) == "naïve")
        #expect(Array(bytes) == [1, 2])
        #expect(none.isEmpty)
        #expect(rows.value(6) == nil)
        #expect(rows.value(-1) == nil)
        #expect(rows.value(.max) == nil)
        #expect(try rows.next() == false)
        #expect(rows.value(0) == nil)
        #expect(rows.columns.count == 6)
    }

    @Test func closingInAnyOrder() throws {
        try finish(directory("a.furca"), (0..<10).map { .leftOut(step: $0) })
        let reader = try RunReader(path: directory("a.furca"))
        let first = try reader.query("select step from left_out")
        let second = try reader.query("select step from left_out")
        #expect(try first.next())
        #expect(try second.next())
        first.close()
        first.close()
        expectError(.misuse, naming: "closed") { _ = try first.next() }
        #expect(first.value(0) == nil)
        #expect(try second.next())
        #expect(second.value(0) == 1)
        reader.close()
        reader.close()
        #expect(second.value(0) == nil)
        expectError(.misuse, naming: "closed") { _ = try second.next() }
        second.close()
        expectError(.misuse, naming: "closed", directory("a.furca")) { _ = try reader.query("select 1") }
    }

    @Test func aQueryHoldsOnToItsMomentAndTheNextSeesMore() throws {
        let path = directory("a.furca")
        let writer = try RunWriter(creating: path, facts: [:])
        try writer.write((0..<10).map { .leftOut(step: $0) })
        let reader = try RunReader(path: path)
        let half = try reader.query("select step from left_out")
        #expect(try half.next())
        try writer.write((10..<20).map { .leftOut(step: $0) })
        #expect(try reader.all("select count(*) from left_out") == [[20]])
        var count = 1
        while try half.next() { count += 1 }
        #expect(count == 10)
        try writer.close()
    }

    @Test func aRelativePathStaysRightWhenTheWorkingDirectoryChanges() throws {
        let before = FileManager.default.currentDirectoryPath
        defer { _ = FileManager.default.changeCurrentDirectoryPath(before) }
        try finish(directory("a.furca"), [.leftOut(step: 1)])
        // Other tests use absolute paths, so they do not mind.
        #expect(FileManager.default.changeCurrentDirectoryPath(directory.path))
        let reader = try RunReader(path: "a.furca")
        #expect(FileManager.default.changeCurrentDirectoryPath("/"))
        #expect(try reader.all("select step from left_out") == [[1]])
    }
}

struct Failure: Error {
    let message: String
    init(_ message: String) { self.message = message }
}
