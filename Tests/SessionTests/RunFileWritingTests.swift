import Foundation
import RunFile
import Testing

@testable import Session

@Suite struct RunFileWritingTests {
    @Test func anotherReaderSeesTheRunWhileItGoesOn() throws {
        let path = try temporaryPath()
        let session = try makeSession(path: path)
        let tensor = try session.register("a", count: 3)
        try session.observe(step: 0, tensor: tensor, [1, 2, 3])
        try session.log(step: 0, name: "loss", value: 2.5)
        try session.addGap(name: "b", reason: "on the GPU")
        try session.flush()
        #expect(try rows(path, "select tensor, step, mean from stats") == [[.text("a"), .integer(0), .real(2)]])
        #expect(try rows(path, "select name, value from metrics") == [[.text("loss"), .real(2.5)]])
        #expect(try rows(path, "select name, reason from gaps") == [[.text("b"), .text("on the GPU")]])
        #expect(try rows(path, "select value from facts where key = 'finished'") == [[.text("no")]])
        try session.close()
        #expect(try rows(path, "select value from facts where key = 'finished'") == [[.text("yes")]])
        #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
    }

    @Test func whatWasObservedIsWrittenWithinASecondUnasked() throws {
        let path = try temporaryPath()
        let session = try makeSession(path: path)
        let tensor = try session.register("a", count: 3)
        try session.observe(step: 0, tensor: tensor, [1, 2, 3])
        var waited = 0
        while try rows(path, "select 1 from stats").isEmpty, waited < 5000 {
            usleep(10_000)
            waited += 10
        }
        #expect(waited < 1000)
        try session.close()
    }

    @Test func theLastLookKeepsItsSketch() throws {
        let path = try temporaryPath()
        let session = try makeSession(path: path)
        let tensor = try session.register("a", count: 3)
        for step in 0...1000 { try session.observe(step: step, tensor: tensor, [1, 2, Float(step)]) }
        try session.close()
        #expect(try rows(path, "select max(step) from sketches") == [[.integer(1000)]])
        #expect(try rows(path, "select count(*) from stats") == [[.integer(1001)]])
    }

    @Test func anExistingFileIsNeverTouched() throws {
        let path = try temporaryPath()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        let session = try makeSession(path: path)
        #expect(try session.path != path)
        try session.close()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func aPathThatCannotBeWrittenIsNamed() {
        expectError(.io, naming: "/proc/nothing/run.furca") { _ = try makeSession(path: "/proc/nothing/run.furca") }
        expectError(.argument, naming: "empty") { _ = try makeSession(path: "") }
    }
}
