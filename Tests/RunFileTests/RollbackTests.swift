import Foundation
import Testing

@testable import RunFile

/// Run files on file systems that machines share.
@Suite struct RollbackTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    /// Figures from `linux/magic.h` and `stat -f`.
    @Test func sharedFileSystemsAreKnown() {
        #expect(FileSystem.sharedName(ofType: 0x6969) == "NFS")
        #expect(FileSystem.sharedName(ofType: 0xFF53_4D42) == "CIFS")
        #expect(FileSystem.sharedName(ofType: 0x6573_5546) == "FUSE")
        #expect(FileSystem.sharedName(ofType: 0x0102_1997) == "9p")
        for local: UInt32 in [0xEF53, 0x0102_1994, 0x9123_683E, 0x5846_5342, 0x794C_7630, 0x2FC1_2FC1] {
            #expect(FileSystem.sharedName(ofType: local) == nil)
        }
    }

    @Test func aRunWithARollbackJournalIsReadWhileItIsWritten() throws {
        let path = directory("a.furca")
        let writer = try RunWriter(creating: path, facts: [:], journal: .rollback)
        try writer.write([tensor(0, "w"), look(0, [look(at: 0)])])
        #expect(try rows(path, "select value from facts where key = 'journal_mode'") == [["delete"]])
        #expect(try rows(path, "select step from stats") == [[0]])
        #expect(try directory.names == ["a.furca"])
        try writer.write([look(1, [look(at: 0)])])
        #expect(writer.isInPlace)
        try writer.close()
        #expect(try rows(path, "select max(step) from stats") == [[1]])
        #expect(try directory.names == ["a.furca"])
    }

    /// The files of a writer that was killed in the middle of a batch.
    @Test func aBatchThatWasCutOffIsTakenBack() throws {
        let path = directory("a.furca")
        let writer = try RunWriter(creating: path, facts: [:], journal: .rollback)
        try writer.write((0..<5000).map { .metric(step: $0, name: "loss", value: 1, time: 0) })
        try writer.close()
        let database = try RawDatabase(path)
        try database.execute("pragma cache_size = 5; begin immediate; update metric set value = 2")
        for suffix in ["", "-journal"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: directory("b.furca") + suffix)
        }
        #expect(try rows(directory("b.furca"), "select sum(value) from metrics") == [[5000.0]])
    }

    @Test func aFileThatIsTakenAwayIsWrittenAnewWithEverything() throws {
        let path = directory("runs/a.furca")
        let writer = try RunWriter(creating: path, facts: ["alpha": "0.5"])
        try writer.write([tensor(0, "w"), look(0, [look(at: 0, keepsSketch: true)])])
        #expect(writer.isInPlace)
        try FileManager.default.moveItem(atPath: directory("runs"), toPath: directory("moved"))
        #expect(!writer.isInPlace)
        try writer.writeAnew()
        #expect(writer.isInPlace && writer.path == path)
        try writer.write([look(1, [look(at: 0)])])
        try writer.close()
        #expect(try rows(path, "select step from stats order by step") == [[0], [1]])
        #expect(try rows(path, "select value from facts where key = 'alpha'") == [["0.5"]])
        // What was moved is whole as well, as far as it went.
        #expect(try rows(directory("moved/a.furca"), "select step from stats") == [[0]])
        #expect(try rows(directory("moved/a.furca"), "pragma integrity_check") == [["ok"]])
    }

    @Test func aPlaceThatIsTakenIsLeftAlone() throws {
        let path = directory("a.furca")
        let writer = try RunWriter(creating: path, facts: [:])
        try writer.write([.leftOut(step: 1)])
        unlink(path)
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        try writer.writeAnew()
        #expect(writer.path.hasSuffix("a-2.furca"))
        try writer.close()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        #expect(try rows(directory("a-2.furca"), "select step from left_out") == [[1]])
    }
}

@Suite struct StepGridTests {
    /// Cells of a coarser grid are unions of cells of a finer one, and their number goes up with the step.
    @Test(arguments: [1, 2, 16, 64, 1024]) func cellsNestAndAscend(cells: Int) {
        let fine = StepGrid(cellsPerDoubling: 2 * cells)
        let coarse = StepGrid(cellsPerDoubling: cells)
        for step in 0..<20_000 {
            #expect(coarse.cell(of: step + 1) - coarse.cell(of: step) == (coarse.cell(of: step + 1) == coarse.cell(of: step) ? 0 : 1))
            if fine.cell(of: step) == fine.cell(of: step + 1) { #expect(coarse.cell(of: step) == coarse.cell(of: step + 1)) }
        }
        let octave = Set((4096..<8192).map { coarse.cell(of: $0) })
        #expect(octave.count == cells)
        #expect(coarse.cell(of: .max) > coarse.cell(of: .max / 2))
    }
}
