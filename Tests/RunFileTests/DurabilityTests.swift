import Foundation
import RunFile
import Testing

@Suite(.serialized) struct DurabilityTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private var path: String { directory("a.furca") }

    /// Starts the endless writer and lets `body` read what it says; then kills it with SIGKILL.
    /// - Returns: the last step that it said was committed.
    private func withWriter(forMilliseconds time: UInt32, _ body: () throws -> Void = {}) throws -> Int64 {
        let (process, lines) = try helper("endless", path)
        while lines.availableData.isEmpty, process.isRunning {}
        try body()
        usleep(time * 1000)
        kill(process.processIdentifier, SIGKILL)
        let said = String(decoding: try lines.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
        // The last line may have been cut by the kill.
        return said.split(separator: "\n").dropLast().last.flatMap { Int64($0) } ?? 0
    }

    private func expectWholeRun(upTo committed: Int64, _ at: SourceLocation = #_sourceLocation) throws {
        let reader = try RunReader(path: path)
        #expect(try reader.all("pragma integrity_check") == [["ok"]], sourceLocation: at)
        guard case .integer(let last) = try reader.all("select max(step) from cost")[0][0] else { throw Failure("no step") }
        #expect(last >= committed, sourceLocation: at)
        #expect(try reader.all("select count(*) from stats") == [[.integer((last + 1) * 20)]], sourceLocation: at)
        #expect(try reader.all("select count(*) from sketches") == [[.integer((last + 1) * 20)]], sourceLocation: at)
        #expect(try reader.all("select count(*), max(step) from metrics") == [[.integer(last + 1), .integer(last)]], sourceLocation: at)
    }

    @Test(arguments: 0..<5) func whatIsCommittedSurvivesAKill(round: Int) throws {
        let committed = try withWriter(forMilliseconds: .random(in: 50...400))
        #expect(try directory.names.contains("a.furca-wal"))
        try expectWholeRun(upTo: committed)
        // Reading has not changed what lies there.
        #expect(try directory.names.contains("a.furca-wal"))
    }

    @Test func anotherProcessReadsWhileItIsWrittenAndNeverSeesHalfALook() throws {
        var seen: [Int64] = []
        let committed = try withWriter(forMilliseconds: 0) {
            let reader = try RunReader(path: path)
            for _ in 0..<100 {
                let torn = "select step from stats group by step having count(*) <> 20 or count(distinct count) <> 1"
                #expect(try reader.all(torn) == [])
                guard case .integer(let last) = try reader.all("select max(step) from stats")[0][0] else { continue }
                seen.append(last)
                usleep(2000)
            }
        }
        #expect(seen == seen.sorted())
        #expect(Set(seen).count > 2)
        try expectWholeRun(upTo: max(committed, seen.last ?? 0))
    }

    /// All of a killed run's files, the shared memory missing, the WAL missing: in a directory where nothing may be written.
    @Test(arguments: [["", "-wal", "-shm"], ["", "-wal"], [""]])
    func aKilledRunIsReadWhereNothingMayBeWritten(suffixes: [String]) throws {
        _ = try withWriter(forMilliseconds: 100)
        let copy = try TemporaryDirectory()
        for suffix in suffixes {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: copy("b.furca") + suffix)
            #expect(chmod(copy("b.furca") + suffix, 0o444) == 0)
        }
        #expect(chmod(copy.path, 0o555) == 0)
        let steps = try withoutPrivileges { try rows(copy("b.furca"), "select count(*), max(step) from cost") }
        if suffixes.contains("-wal") {
            #expect(try steps == rows(path, "select count(*), max(step) from cost"))
        }
        #expect(try copy.names == suffixes.map { "b.furca" + $0 }.sorted())
    }

    @Test func aFinishedRunIsReadWhereNothingMayBeWritten() throws {
        try finish(path, [.leftOut(step: 1)])
        #expect(chmod(path, 0o444) == 0)
        #expect(chmod(directory.path, 0o555) == 0)
        #expect(try withoutPrivileges { try rows(path, "select step from left_out") } == [[1]])
    }

    @Test func aRunThatMayNotBeReadSaysSo() throws {
        try finish(path, [])
        #expect(chmod(path, 0o000) == 0)
        expectError(.io, naming: path, "Permission denied") { try withoutPrivileges { _ = try RunReader(path: path) } }
    }

    @Test func aFileThatCannotGrowIsAnErrorThatPasses() throws {
        let (process, lines) = try helper("beyond-limit", path)
        let said = String(decoding: try lines.readToEnd() ?? Data(), as: UTF8.self).split(separator: "\n")
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        try #require(said.count == 2, "\(said)")
        #expect(said[0].hasPrefix("io: Cannot write to the run file \(path): "))
        #expect(said[0].contains("File too large"))
        try expectWholeRun(upTo: Int64(said[1])! - 1)
        #expect(try directory.names == ["a.furca"])
    }

    @Test(.enabled(if: canMount(), "a small disk can be mounted here"))
    func aFullDiskIsAnErrorThatPasses() throws {
        let script = """
            mount -t tmpfs -o size=2m none '\(directory.path)' && cd '\(directory.path)' &&
            head -c 1000000 /dev/zero > a.furca.ballast && "$@" && cp a.furca '\(directory.path)-copy.furca'
            """
        let copy = directory.path + "-copy.furca"
        defer { unlink(copy) }
        let (process, lines) = try helper("full-disk", path, by: ["/usr/bin/unshare", "-rm", "sh", "-c", script, "sh"])
        let said = String(decoding: try lines.readToEnd() ?? Data(), as: UTF8.self).split(separator: "\n")
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        try #require(said.count == 2, "\(said)")
        #expect(said[0].hasPrefix("io: Cannot write to the run file \(path): "))
        #expect(said[0].contains("full"))
        #expect(try rows(copy, "select count(*) from cost") == [[.integer(Int64(said[1])!)]])
        #expect(try rows(copy, "pragma integrity_check") == [["ok"]])
    }
}

/// Whether a temporary disk can be mounted where only the process that mounts it sees it.
private func canMount() -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}
