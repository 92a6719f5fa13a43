import Foundation
import Kernels
import Sketches
import Testing

@testable import Session

@Suite struct ReadersTests {
    /// Every task is done once, whoever does it, and job after job.
    @Test(arguments: [1, 2, 3, 7])
    func everyTaskIsDoneOnce(threads: Int) {
        let readers = Readers(count: threads)
        for tasks in [0, 1, 2, 5, 100] {
            let lock = Lock()
            var done = [Int](repeating: 0, count: tasks)
            var callers = 0
            readers.share(tasks: tasks) { claim in
                lock.withLock { callers += 1 }
                while let task = claim() { lock.withLock { done[task] += 1 } }
            }
            #expect(done.allSatisfy { $0 == 1 })
            #expect(callers >= 1 && callers <= max(1, min(threads, tasks)))
        }
        readers.close()
    }

    @Test func noMoreThreadsThanAskedForAndNoneAfterClose() throws {
        // Other tests run beside this one, so only threads of a process of its own could be counted: count those that join in.
        let readers = Readers(count: 3)
        let lock = Lock()
        var seen: Set<UInt> = []
        for _ in 0..<20 {
            readers.share(tasks: 50) { claim in
                lock.withLock { _ = seen.insert(UInt(pthread_self())) }
                while claim() != nil { usleep(50) }
            }
        }
        #expect(seen.count == 3)
        readers.close()
        readers.close()
    }

    /// One huge tensor, one in pieces, many small ones, of several types: the same bits whatever the number of threads.
    @Test func resultsDoNotDependOnTheNumberOfThreads() throws {
        var random = SplitMix(state: 9)
        // Each half is a bfloat16 of magnitude 1 to 2, so that few bins are occupied and the fork test is quick.
        let noise = (0..<2_300_000).map { _ in UInt32(truncatingIfNeeded: random.next()) & 0x807F_807F | 0x3F80_3F80 }
        var first: [Sketch]?
        for threads in [1, 2, 3, 7] {
            var options = SessionOptions()
            options.threads = threads
            let session = try Session(options)
            let huge = try session.register("huge", count: noise.count)
            let half = try session.register(name: "half", type: .bfloat16, shape: [2 * noise.count], isFrozen: false)
            let pieces = try session.register("pieces", count: noise.count)
            let small = try (0..<200).map { try session.register("small.\($0)", count: 100 + $0) }
            try noise.withUnsafeBytes { bytes in
                func part(_ tensor: Int, _ from: Int, _ count: Int, _ type: ElementType = .float32) -> Observation {
                    Observation(
                        tensor: tensor, buffer: ElementBuffer(start: bytes.baseAddress! + 4 * from, count: count, type: type))
                }
                var batch = [
                    part(huge, 0, noise.count), part(half, 0, 2 * noise.count, .bfloat16),
                    part(pieces, 0, 1_000_000), part(pieces, 1_000_000, noise.count - 1_000_001),
                    part(pieces, noise.count - 1, 1),
                ]
                for (i, tensor) in small.enumerated() { batch.append(part(tensor, 1000 * i, 100 + i)) }
                try session.observe(step: 0, batch)
            }
            let sketches = try (0..<session.tensorCount).map { try session.latest(of: $0).sketch }
            #expect(sketches[huge].codes == sketches[pieces].codes && sketches[half].count == UInt64(2 * noise.count))
            #expect(sketches == first ?? sketches)
            first = first ?? sketches
            try session.close()
        }
    }

    @Test func piecesMustMakeUpTheWholeAndFollowEachOther() throws {
        let session = try makeSession()
        let a = try session.register("a", count: 3)
        let b = try session.register("b", count: 1)
        let values: [Float] = [1, 2, 3]
        try values.withUnsafeBytes { bytes in
            func piece(_ tensor: Int, _ count: Int) -> Observation {
                Observation(tensor: tensor, buffer: ElementBuffer(start: bytes.baseAddress, count: count, type: .float32))
            }
            expectError(.shape, naming: "\"a\"", "2 pieces") { try session.observe(step: 0, [piece(a, 1), piece(a, 1)]) }
            expectError(.duplicate, naming: "\"a\"") {
                try session.observe(step: 0, [piece(a, 1), piece(b, 1), piece(a, 2)])
            }
            try session.observe(step: 0, [piece(a, 1), piece(a, 0), piece(a, 2), piece(b, 1)])
        }
        #expect(try session.latest(of: a).sketch.exactValues == [1, 1, 2])
        #expect(try session.summary.elements == 4)
    }
}
