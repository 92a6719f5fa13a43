import Foundation
import RunFile
import Testing

/// Python's sqlite3 module, another program with its own copy of SQLite, finds what was written.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "there is a Python"))
struct PythonTests {
    private func python(_ script: String, _ arguments: String...) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", script] + arguments
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text
    }

    @Test func readsALiveRunAndAFinishedOne() throws {
        let directory = try TemporaryDirectory()
        let writer = try RunWriter(creating: directory("a.furca"), facts: ["alpha": "0.01"])
        let two = [branch(-1), branch(1)]
        try writer.write([
            tensor(0, "名\0'前", shape: [2, 2]),
            look(3, [look(
                at: 0, [1, 2, .nan, 4], keepsSketch: true, branches: two,
                events: [event(.split, .learned, step: 3, after: 1, two)])]),
            .metric(step: 3, name: "loss", value: .infinity, time: 7), .metric(step: 3, name: "acc", value: .nan, time: 7),
        ])
        let script = """
            import sqlite3, sys, math
            c = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True)
            assert c.execute("pragma application_id").fetchone() == (0x46555243,)
            assert c.execute("select * from facts order by key").fetchall() == [
                ("alpha", "0.01"), ("format_version", "2"), ("journal_mode", "wal")]
            assert c.execute("select * from tensors").fetchall() == [(0, "名\\0'前", "float32", "[2,2]", 4, 0, "tensor")]
            row = c.execute("select step, tensor, count, nan, min, max, mean, l1, modes from stats").fetchone()
            assert row == (3, "名\\0'前", 4, 1, 1.0, 4.0, 7 / 3, 7.0, 2), row
            assert c.execute("select step, onset_after, onset_by, kind, label, branches from forks").fetchall() == [
                (3, 1, 3, "split", "learned", 2)]
            assert c.execute("select branch, position from branches").fetchall() == [(0, -1.0), (1, 1.0)]
            assert c.execute("select name, value from metrics order by name").fetchall() == [("acc", None), ("loss", math.inf)]
            assert len(c.execute("select sketch from sketches").fetchone()[0]) == int(sys.argv[2])
            print(c.execute("pragma integrity_check").fetchone()[0])
            """
        let size = "\(sketch(of: [1, 2, .nan, 4]).serialized().count)"
        #expect(try python(script, directory("a.furca"), size) == "ok\n")
        try writer.close()
        #expect(try python(script, directory("a.furca"), size) == "ok\n")
    }
}
