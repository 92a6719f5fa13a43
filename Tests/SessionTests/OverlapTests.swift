import Foundation
import Kernels
import Testing

@testable import Session

@Suite struct OverlapTests {
    /// Memory that stays where it is, as a trainer's does.
    func memory(_ count: Int, _ value: (Int) -> Float) -> UnsafeMutableBufferPointer<Float> {
        let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        for index in 0..<count { memory[index] = value(index) }
        return memory
    }

    func buffer(_ memory: UnsafeMutableBufferPointer<Float>) -> ElementBuffer {
        ElementBuffer(start: UnsafeRawPointer(memory.baseAddress), count: memory.count, type: .float32)
    }

    @Test func aLookIsTheOneThatObserveMakes() throws {
        var random = SplitMix(state: 3)
        let values = memory(3_000_000) { _ in Float(random.normal()) }
        defer { values.deallocate() }
        let together = try makeSession()
        let beside = try makeSession()
        for session in [together, beside] { #expect(try session.register("w", count: values.count) == 0) }
        for step in 0..<3 {
            values[step] = 100 + Float(step)
            try together.observe(step: step, [Observation(tensor: 0, buffer: buffer(values))])
            try beside.beginObserving(step: step, [Observation(tensor: 0, buffer: buffer(values))])
            if step == 0 { expectError(.empty) { _ = try beside.latest(of: 0) } }
            if step > 0 { #expect(try beside.latest(of: 0).step == step - 1) }
            try beside.finishObserving()
            #expect(try beside.latest(of: 0).sketch == together.latest(of: 0).sketch)
            #expect(try beside.latest(of: 0).step == step)
        }
        let summary = try beside.summary
        #expect(summary.looks == 3 && summary.elements == 9_000_000)
        #expect(summary.secondsOverlapped > 0 && summary.secondsWaiting <= summary.secondsInside)
        #expect(try together.summary.secondsOverlapped == 0)
        #expect(try beside.report.contains("own threads read for"))
        try together.close()
        try beside.close()
    }

    @Test func nothingOfABadBatchIsBegun() throws {
        let session = try makeSession()
        let good = try session.register("good", count: 2)
        let bad = try session.register("bad", count: 3)
        let values = memory(2) { Float($0) }
        defer { values.deallocate() }
        expectError(.shape, naming: "\"bad\"") {
            try session.beginObserving(
                step: 0,
                [Observation(tensor: good, buffer: buffer(values)), Observation(tensor: bad, buffer: buffer(values))])
        }
        try session.finishObserving()
        #expect(try session.summary.looks == 0)
        try session.beginObserving(step: 0, [Observation(tensor: good, buffer: buffer(values))])
        try session.finishObserving()
        #expect(try session.summary.looks == 1)
    }

    @Test func whatWouldLookOrGoBackIsRefusedWhileALookIsRead() throws {
        let session = try makeSession(path: temporaryPath())
        let tensor = try session.register("w", count: 100_000)
        let values = memory(100_000) { Float($0) }
        defer { values.deallocate() }
        let batch = [Observation(tensor: tensor, buffer: buffer(values))]
        try session.beginObserving(step: 4, batch)
        expectError(.busy, naming: "step 4", "5") { try session.beginObserving(step: 5, batch) }
        expectError(.busy, naming: "step 4", "5") { try session.observe(step: 5, batch) }
        expectError(.busy, naming: "step 4", "2") { try session.rewind(to: 2) }
        // The rest goes on as ever.
        #expect(try session.isDue(step: 5))
        try session.log(step: 4, name: "loss", value: 1)
        #expect(try session.register("late", count: 1) == 1)
        try session.flush()
        try session.finishObserving()
        try session.finishObserving()
        #expect(try session.latest(of: tensor).step == 4)
        try session.rewind(to: 2)
        try session.observe(step: 3, batch)
        try session.close()
    }

    @Test func aDroppedLookIsForgottenAndItsReasonKept() throws {
        let path = try temporaryPath()
        let session = try makeSession(path: path)
        let tensor = try session.register("w", count: 10)
        let values = memory(10) { Float($0) }
        defer { values.deallocate() }
        let batch = [Observation(tensor: tensor, buffer: buffer(values))]
        try session.dropObserving(reason: "nothing is being read")
        try session.beginObserving(step: 7, batch)
        try session.dropObserving(reason: "the memory moved")
        expectError(.empty) { _ = try session.latest(of: tensor) }
        #expect(try session.summary.looksDropped == 1)
        #expect(try session.report.contains("1 look dropped; the last, at step 7: the memory moved"))
        try session.beginObserving(step: 7, batch)
        try session.finishObserving()
        try session.close()
        #expect(try rows(path, "select step, reason from dropped") == [[.integer(7), .text("the memory moved")]])
        #expect(try rows(path, "select step, sampled from stats") == [[.integer(7), .real(1)]])
    }

    @Test func closingFinishesALook() throws {
        let path = try temporaryPath()
        let session = try makeSession(path: path)
        let tensor = try session.register("w", count: 1_000_000)
        let values = memory(1_000_000) { Float($0) }
        defer { values.deallocate() }
        try session.beginObserving(step: 1, [Observation(tensor: tensor, buffer: buffer(values))])
        try session.close()
        expectError(.handle) { try session.finishObserving() }
        #expect(try rows(path, "select step, count from stats") == [[.integer(1), .integer(1_000_000)]])
        #expect(try rows(path, "select overlapped > 0 from cost") == [[.integer(1)]])
    }

    @Test func queriesAnswerWhileALookIsRead() throws {
        let session = try makeSession()
        let tensor = try session.register("w", count: 200_000)
        let values = memory(200_000) { Float($0) }
        defer { values.deallocate() }
        try session.observe(step: 0, [Observation(tensor: tensor, buffer: buffer(values))])
        let asked = Thread {
            while (try? session.latest(of: tensor)) != nil { _ = try? session.report }
        }
        asked.start()
        for step in 1...40 {
            try session.beginObserving(step: step, [Observation(tensor: tensor, buffer: buffer(values))])
            try session.log(step: step, name: "loss", value: 1)
            try session.finishObserving()
            #expect(try session.latest(of: tensor).step == step)
        }
        try session.close()
    }
}
