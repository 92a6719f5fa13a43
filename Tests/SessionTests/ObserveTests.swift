import Foundation
import Kernels
import Testing

@testable import Session

@Suite struct ObserveTests {
    @Test func theLatestLookAnswers() throws {
        let session = try makeSession()
        let tensor = try session.register("a", count: 4)
        expectError(.empty, naming: "\"a\"") { _ = try session.latest(of: tensor) }
        try session.observe(step: 0, tensor: tensor, [1, 2, 3, 4])
        try session.observe(step: 1, tensor: tensor, [5, 6, 7, 8])
        let (sketch, step, _) = try session.latest(of: tensor)
        #expect(step == 1)
        #expect(sketch.quantile(0.5) == 6)
        #expect(try session.summary.elements == 8)
        #expect(try session.summary.bytes == 32)
    }

    @Test func wrongUseGetsASentence() throws {
        let session = try makeSession()
        let tensor = try session.register("layers.0.bias", count: 3)
        expectError(.duplicate, naming: "layers.0.bias") { _ = try session.register("layers.0.bias", count: 3) }
        expectError(.argument, naming: "empty") { _ = try session.register("", count: 3) }
        expectError(.argument, naming: "\"x\"", "-1") {
            _ = try session.register(name: "x", type: .float32, shape: [2, -1], isFrozen: false)
        }
        expectError(.argument, naming: "\"x\"") {
            _ = try session.register(name: "x", type: .float32, shape: [.max, .max], isFrozen: false)
        }
        expectError(.shape, naming: "layers.0.bias", "2 arrive") { try session.observe(step: 0, tensor: tensor, [1, 2]) }
        expectError(.unknown, naming: "7") { try session.observe(step: 0, tensor: 7, [1, 2, 3]) }
        expectError(.step, naming: "-5") { try session.observe(step: -5, tensor: tensor, [1, 2, 3]) }
        expectError(.type, naming: "layers.0.bias", "float32", "float64") {
            let values = [1.0, 2, 3]
            try values.withUnsafeBytes {
                let buffer = ElementBuffer(start: $0.baseAddress, count: 3, type: .float64)
                try session.observe(step: 0, [Observation(tensor: tensor, buffer: buffer)])
            }
        }
        expectError(.argument, naming: "layers.0.bias", "null") {
            let buffer = ElementBuffer(start: nil, count: 3, type: .float32)
            try session.observe(step: 0, [Observation(tensor: tensor, buffer: buffer)])
        }
        try session.observe(step: 5, tensor: tensor, [1, 2, 3])
        expectError(.step, naming: "4", "5") { try session.observe(step: 4, tensor: tensor, [1, 2, 3]) }
        expectError(.step, naming: "layers.0.bias", "5") { try session.observe(step: 5, tensor: tensor, [1, 2, 3]) }
    }

    @Test func aBatchWithOneFaultIsNotObservedAtAll() throws {
        let session = try makeSession()
        let good = try session.register("good", count: 2)
        let bad = try session.register("bad", count: 3)
        let values: [Float] = [1, 2]
        values.withUnsafeBytes { bytes in
            let buffer = ElementBuffer(start: bytes.baseAddress, count: 2, type: .float32)
            expectError(.shape, naming: "\"bad\"") {
                try session.observe(
                    step: 0, [Observation(tensor: good, buffer: buffer), Observation(tensor: bad, buffer: buffer)])
            }
            expectError(.duplicate, naming: "\"good\"") {
                try session.observe(
                    step: 0, [Observation(tensor: good, buffer: buffer), Observation(tensor: good, buffer: buffer)])
            }
        }
        expectError(.empty) { _ = try session.latest(of: good) }
        #expect(try session.summary.looks == 0)
        try session.observe(step: 0, tensor: good, values)
    }

    @Test func severalBatchesMayShareAStep() throws {
        let session = try makeSession()
        let first = try session.register("first", count: 1)
        let second = try session.register("second", count: 1)
        try session.observe(step: 3, tensor: first, [1])
        try session.observe(step: 3, tensor: second, [2])
        #expect(try session.latest(of: first).step == 3)
        #expect(try session.latest(of: second).step == 3)
    }

    @Test func goesBackAfterARewindOnly() throws {
        let session = try makeSession()
        let tensor = try session.register("a", count: 1)
        for step in 0...9 { try session.observe(step: step, tensor: tensor, [Float(step)]) }
        expectError(.step) { try session.observe(step: 4, tensor: tensor, [0]) }
        try session.rewind(to: 3)
        try session.observe(step: 4, tensor: tensor, [40])
        #expect(try session.latest(of: tensor).sketch.max == 40)
    }

    @Test func aClosedSessionRefuses() throws {
        let session = try makeSession()
        let tensor = try session.register("a", count: 1)
        try session.close()
        try session.close()
        expectError(.handle, naming: "closed") { try session.observe(step: 0, tensor: tensor, [1]) }
        expectError(.handle, naming: "closed") { _ = try session.latest(of: tensor) }
        expectError(.handle, naming: "closed") { try session.log(step: 0, name: "loss", value: 1) }
        expectError(.handle, naming: "closed") { try session.flush() }
    }

    @Test func aTensorThatSplitsIsReported() throws {
        let session = try makeSession()
        let tensor = try session.register("lnf.bias", count: 128)
        try session.observe(step: 0, tensor: tensor, [Float](repeating: 0, count: 128))
        #expect(try session.branches(of: tensor).count == 1)
        try session.observe(step: 1, tensor: tensor, (0..<128).map { $0 % 2 == 0 ? -0.001 : 0.001 })
        #expect(try session.branches(of: tensor).count == 2)
        #expect(try session.eventCount == 1)
        let found = try session.event(0)
        #expect(found.event.kind == .split && found.event.label == .optimizer && found.tensor == tensor)
        #expect(found.text.contains("lnf.bias"))
        expectError(.unknown, naming: "1") { _ = try session.event(1) }
        let report = try session.report
        #expect(report.contains("lnf.bias") && report.contains("Cost:"))
    }

    @Test func zeroElementsAreALook() throws {
        let session = try makeSession()
        let tensor = try session.register("empty", count: 0)
        try session.observe(step: 0, tensor: tensor, [])
        #expect(try session.latest(of: tensor).sketch.count == 0)
    }
}
