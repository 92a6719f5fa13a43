import Foundation
import Kernels
import Testing

@testable import Session

@Suite struct ConcurrencyTests {
    /// Two tensors that always hold the same constant: a reader who saw half a batch would see them differ.
    @Test func queriesNeverSeeHalfALook() throws {
        let session = try makeSession()
        let first = try session.register("first", count: 64)
        let second = try session.register("second", count: 64)
        let steps = 500
        nonisolated(unsafe) var torn = 0
        nonisolated(unsafe) var answers = 0
        let tally = NSLock()
        let readers = (0..<3).map { _ in
            Thread {
                var mine = 0
                var seenTorn = 0
                while true {
                    guard let a = try? session.latest(of: first), let b = try? session.latest(of: second) else {
                        continue
                    }
                    // `second` is read after `first`, so it may be newer, never older.
                    if b.step < a.step || a.sketch.min != Double(a.step) || a.sketch.max != Double(a.step) { seenTorn += 1 }
                    mine += 1
                    if b.step == steps { break }
                    usleep(50)
                }
                tally.withLock {
                    torn += seenTorn
                    answers += mine
                }
            }
        }
        for reader in readers { reader.start() }
        for step in 0...steps {
            let values = [Float](repeating: Float(step), count: 64)
            try values.withUnsafeBytes { bytes in
                let buffer = ElementBuffer(start: bytes.baseAddress, count: 64, type: .float32)
                try session.observe(
                    step: step, [Observation(tensor: first, buffer: buffer), Observation(tensor: second, buffer: buffer)])
            }
        }
        while readers.contains(where: { !$0.isFinished }) { usleep(1000) }
        let (sawHalf, asked) = tally.withLock { (torn, answers) }
        #expect(sawHalf == 0)
        #expect(asked > 3)
    }

    @Test func closingBesideOtherCallsIsSafe() throws {
        for _ in 0..<20 {
            let session = try makeSession(path: try temporaryPath())
            let tensor = try session.register("a", count: 64)
            let callers = (0..<3).map { index in
                Thread {
                    for step in 0..<200 {
                        switch index {
                        case 0: try? session.observe(step: step, tensor: tensor, [Float](repeating: 1, count: 64))
                        case 1: _ = try? session.latest(of: tensor)
                        default: try? session.flush()
                        }
                    }
                }
            }
            for caller in callers { caller.start() }
            usleep(2000)
            try session.close()
            while callers.contains(where: { !$0.isFinished }) { usleep(500) }
        }
    }
}
