import Foundation
import SafetensorsWriter
import Testing

/// The commands that read a run, on one that `scan` made.
@Suite struct CommandTests {
    private let series: Series

    init() throws { series = try Series() }

    @Test func scanSaysWhatItSaw() throws {
        #expect(series.outcome.status == 0)
        #expect(series.outcome.output.contains("Watched: 2 tensors, 6,400 values; 4 looks up to step 500."))
        #expect(series.outcome.output.contains("1 split"))
        // No bar where there is no terminal.
        #expect(series.outcome.errors == "")
    }

    @Test func info() throws {
        let info = try furca("info", series.run)
        #expect(info.status == 0 && info.output.contains("4 looks, steps 0 to 500") && info.output.contains("finished"))
        #expect(!info.output.contains("\u{1B}"))
        let object = try json(furca("info", series.run, "--json").output)
        #expect(object["last_step"] as? Int == 500 && object["tensors"] as? Int == 2 && object["elements"] as? Int == 6400)
        #expect(object["state"] as? String == "finished")
    }

    @Test func statsOfOneTensorAndOfAll() throws {
        let history = try furca("stats", series.run, "h.weight")
        #expect(history.lines.count == 5 && history.lines[4].hasPrefix(" 500"))
        let rows = try furca("stats", series.run, "h.weight", "--json", "--from", "1", "--to", "2").lines.map { try json(String($0)) }
        #expect(rows.map { $0["step"] as? Int } == [1, 2])
        let max = try #require(rows[1]["max"] as? Double)
        #expect(abs(max - 3 * 5999.0 / 6000) < 1e-6)
        #expect(rows[0]["skewness"] is Double && rows[0]["nan"] as? Int == 0)
        #expect(try furca("stats", series.run).lines.count == 3)
        #expect(try furca("stats", series.run, "h.*").lines.count == 5)
        // A constant has no kurtosis, and JSON no number for that.
        #expect(try json(furca("stats", series.run, "gains", "--json", "--to", "0").output)["kurtosis"] is NSNull)
    }

    @Test func quantiles() throws {
        let object = try json(furca("quantiles", series.run, "gains", "-q", "0,0.5,1", "--from", "1", "--to", "1", "--json").output)
        let values = try #require(object["values"] as? [Double])
        // (0 … 399)·1e-6 ± 0.01 about 1.
        let expected = [0.990001, 0.990399, 1.010398]
        for (value, right) in zip(values, expected) { #expect(abs(value - right) < 1e-6) }
    }

    @Test func forks() throws {
        let forks = try furca("forks", series.run)
        #expect(forks.status == 0 && forks.lines.first?.contains("gains") == true)
        let first = try json(String(try #require(furca("forks", series.run, "--json", "--kind", "split").lines.first)))
        #expect(first["tensor"] as? String == "gains" && first["onset_after"] as? Int == 0 && first["onset_by"] as? Int == 1)
        #expect(first["label"] as? String == "optimizer" && first["branches"] as? Int == 2)
        #expect(try furca("forks", series.run, "h.weight").output == "No forks.\n")
        #expect(try furca("forks", series.run, "h.weight", "--json").output == "")
    }

    @Test func topOnce() throws {
        let top = try furca("top", "--once", series.run)
        #expect(top.status == 0 && top.output.contains("step 500") && top.output.contains("Changed most"))
        #expect(!top.output.contains("\u{1B}"))
        let object = try json(furca("top", "--json", series.run).output)
        #expect((object["changes"] as? [[String: Any]])?.count == 2 && object["step"] as? Int == 500)
        // In a pipe it prints once, too, rather than for ever.
        #expect(try furca("top", series.run).output == top.output)
    }

    @Test func exportAsCSVAndAsJSONLines() throws {
        let csv = try furca("export", series.run, "tensors").output.components(separatedBy: "\r\n")
        #expect(csv[0].hasPrefix("id,name,dtype,shape") && csv[1].hasPrefix("0,gains,float32,[400],400") && csv.count == 4)
        #expect(csv[2].contains("\"[60,100]\""))
        let rows = try furca("export", series.run, "--format", "jsonl").lines.map { try json(String($0)) }
        #expect(rows.count == 8 && Set(rows.compactMap { $0["tensor"] as? String }) == ["gains", "h.weight"])
        let file = series.folder.path + "/stats.jsonl"
        #expect(try furca("export", series.run, "stats", "--tensor", "gains", "--output", file).status == 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").count == 4)
        // What is there stays.
        let again = try furca("export", series.run, "--output", file)
        #expect(again.status == 1 && again.errors.contains("File exists"))
    }

    @Test func compareFindsWhereRunsPart() throws {
        let same = try furca("compare", series.run, series.run, "--exit-code")
        #expect(same.status == 0 && same.output.contains("do not part"))
        let other = try Series(spread: 1.5)
        let parted = try furca("compare", series.run, other.run, "--json", "--exit-code")
        #expect(parted.status == 3)
        let object = try json(parted.output)
        #expect(object["part"] as? Bool == true && object["step"] as? Int == 2 && object["tensor"] as? String == "h.weight")
        // Uniform on [0, 3) against [0, 4.5): a third.
        let first = try #require((object["tensors"] as? [[String: Any]])?.first)
        let (lower, upper) = (try #require(first["ks_lower"] as? Double), try #require(first["ks_upper"] as? Double))
        #expect(lower <= 1 / 3.0 + 1e-3 && upper >= 1 / 3.0 - 1e-3 && upper - lower < 0.05)
        #expect(try furca("compare", series.run, other.run, "--threshold", "0.9").output.contains("do not part"))
    }

    @Test func wrongUseAndFailuresHaveTheirStatus() throws {
        for arguments in [["stats"], ["nonsense"], ["info", "a", "b"], ["quantiles", series.run, "gains", "-q", "2"]] {
            let outcome = try run(arguments)
            #expect(outcome.status == 64 && outcome.output == "" && !outcome.errors.isEmpty, "\(arguments)")
        }
        let failures: [([String], String)] = [
            (["info", "none.furca"], "none.furca"), (["info", "/proc/self/exe"], "not"),
            (["stats", series.run, "nothing"], "no tensor \"nothing\""), (["scan", "none", "--run", "x.furca"], "none"),
            (["export", series.run, "-o", "/none/x.csv"], "/none/x.csv"),
        ]
        for (arguments, word) in failures {
            let outcome = try run(arguments)
            #expect(outcome.status == 1 && outcome.output == "", "\(arguments)")
            #expect(outcome.errors.hasPrefix("furca: ") && outcome.errors.contains(word), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: "x.furca"))
    }

    @Test func whatCannotBeWrittenIsAFailure() throws {
        let outcome = try furca("forks", series.run, output: "/dev/full")
        #expect(outcome.status == 1 && outcome.errors.contains("Standard output cannot be written"))
    }

    @Test(arguments: [("1M", 1 << 20), ("2.5 GiB", 5 << 29), ("3000000", 3_000_000), ("0", 0)])
    func aScanHasTheSizeThatIsAskedFor(size: String, bytes: Int) throws {
        let path = series.folder.path + "/\(bytes).furca"
        #expect(try furca("scan", series.folder.path + "/ckpt", "--run", path, "--max-size", size).status == 0)
        let facts = try #require(try json(furca("info", path, "--json").output)["facts"] as? [String: Any])
        #expect(facts["max_size"] as? String == "\(bytes)")
    }

    @Test(arguments: [("10", "at least 1048576"), ("many", "'many' is invalid"), ("1X", "'1X' is invalid"), ("9999999T", "is invalid")])
    func aSizeThatIsNoneIsRefused(size: String, words: String) throws {
        let outcome = try furca("scan", series.folder.path + "/ckpt", "--run", series.folder.path + "/none.furca", "--max-size", size)
        #expect(outcome.status != 0 && outcome.errors.contains(words), "\(outcome.errors)")
    }

    private func run(_ arguments: [String]) throws -> Outcome {
        switch arguments.count {
        case 1: try furca(arguments[0])
        case 2: try furca(arguments[0], arguments[1])
        case 3: try furca(arguments[0], arguments[1], arguments[2])
        case 4: try furca(arguments[0], arguments[1], arguments[2], arguments[3])
        default: try furca(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4])
        }
    }

    @Test func helpAndCompletionKnowEverySubcommand() throws {
        let help = try furca("--help")
        #expect(help.status == 0)
        let script = try furca("--generate-completion-script", "bash")
        for command in ["info", "stats", "quantiles", "forks", "top", "export", "compare", "scan"] {
            #expect(help.output.contains("  \(command) ") && script.output.contains(command))
            #expect(try furca(command, "--help").status == 0)
        }
    }

    @Test func otherProgramsAreSubcommands() throws {
        let program = try series.folder.write("bin/furca-hello", "#!/bin/sh\necho \"hello $*\"\nexit 7\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let path = series.folder.path + "/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let outcome = try furca("hello", "a", "b c", environment: ["PATH": path])
        #expect(outcome.status == 7 && outcome.output == "hello a b c\n")
        #expect(try furca("hello").status == 64)
        // Not in place of its own.
        let own = try series.folder.write("bin/furca-info", "#!/bin/sh\nexit 9\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: own)
        #expect(try furca("info", series.run, environment: ["PATH": path]).status == 0)
    }
}

private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}
