import Foundation
import RunFile
import Testing

@Suite struct PathTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private func touch(_ name: String) { _ = FileManager.default.createFile(atPath: directory(name), contents: nil) }

    @Test func siblingsAreNumbered() {
        #expect(freeSibling(of: directory("a.furca")) == directory("a.furca"))
        touch("a.furca")
        #expect(freeSibling(of: directory("a.furca")) == directory("a-2.furca"))
        touch("a-2.furca")
        #expect(freeSibling(of: directory("a.furca")) == directory("a-3.furca"))
        touch("b")
        #expect(freeSibling(of: directory("b")) == directory("b-2"))
        touch("c.tar.gz")
        #expect(freeSibling(of: directory("c.tar.gz")) == directory("c.tar-2.gz"))
        touch("d.furca-wal")
        #expect(freeSibling(of: directory("d.furca")) == directory("d-2.furca"))
        #expect(symlink("/nowhere", directory("e.furca")) == 0)
        #expect(freeSibling(of: directory("e.furca")) == directory("e-2.furca"))
        #expect(freeSibling(of: "/no/such/place.d/x") == "/no/such/place.d/x")
    }

    @Test func aDotInADirectoryIsNoExtension() throws {
        try FileManager.default.createDirectory(atPath: directory("runs.d"), withIntermediateDirectories: true)
        touch("runs.d/x")
        #expect(freeSibling(of: directory("runs.d/x")) == directory("runs.d/x-2"))
    }

    @Test func manyWritersOfOnePathGetAFileEach() async throws {
        let path = directory("a.furca")
        let paths = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let writer = try RunWriter.create(atOrBeside: path, facts: [:])
                    try writer.close()
                    return writer.path
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(paths).count == 16)
        #expect(try Set(paths) == Set(directory.names.map { directory($0) }))
        expectError(.io, naming: "/proc/nothing") {
            _ = try RunWriter.create(atOrBeside: "/proc/nothing/run.furca", facts: [:])
        }
    }

    @Test func missingDirectoriesAreMade() throws {
        let path = directory("runs/of/today/a.furca")
        try finish(path, [])
        #expect(try rows(path, "select count(*) from stats") == [[0]])
    }

    @Test func whatCannotBeMadeIsNamed() throws {
        expectError(.io, naming: "/proc/nothing", "/proc/nothing/there/run.furca", "No such file or directory") {
            _ = try RunWriter(creating: "/proc/nothing/there/run.furca", facts: [:])
        }
        touch("file")
        expectError(.io, naming: "directory \(directory("file"))", "File exists") {
            _ = try RunWriter(creating: directory("file/run.furca"), facts: [:])
        }
        touch("taken.furca")
        expectError(.io, naming: directory("taken.furca"), "File exists") {
            _ = try RunWriter(creating: directory("taken.furca"), facts: [:])
        }
        expectError(.io, naming: directory.path, "File exists") { _ = try RunWriter(creating: directory.path, facts: [:]) }
        expectError(.io, naming: "empty") { _ = try RunWriter(creating: "", facts: [:]) }
        expectError(.io, naming: "NUL") { _ = try RunWriter(creating: directory("a\0.furca"), facts: [:]) }
        #expect(chmod(directory.path, 0o555) == 0)
        expectError(.io, naming: directory("a.furca"), "Permission denied") {
            try withoutPrivileges { _ = try RunWriter(creating: directory("a.furca"), facts: [:]) }
        }
        expectError(.io, naming: "directory \(directory("sub"))", "Permission denied") {
            try withoutPrivileges { _ = try RunWriter(creating: directory("sub/a.furca"), facts: [:]) }
        }
        #expect(try directory.names == ["file", "taken.furca"])
    }

    @Test func namesThatSQLiteWouldReadOtherwise() throws {
        for name in [":memory:", "file:x?mode=memory", "100%.furca", "a b#c?d.furca", "ünï.furca"] {
            let path = directory(name)
            try finish(path, [.leftOut(step: 3)])
            #expect(FileManager.default.fileExists(atPath: path))
            #expect(try rows(path, "select step from left_out") == [[3]])
        }
    }

    @Test func anOldWALUnderTheSameNameIsNotTakenUp() throws {
        let path = directory("a.furca")
        let writer = try RunWriter(creating: directory("old.furca"), facts: [:])
        try writer.write([.leftOut(step: 1)])
        try FileManager.default.copyItem(atPath: directory("old.furca-wal"), toPath: path + "-wal")
        try finish(path, [.leftOut(step: 2)])
        #expect(try rows(path, "select step from left_out") == [[2]])
        try writer.close()
    }
}
