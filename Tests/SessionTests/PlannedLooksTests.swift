import Kernels
import Testing

@testable import Session

/// What a session does with a plan.
@Suite struct PlannedLooksTests {
    /// A session that plans to look at step 1 with the shares given.
    func session(path: String? = nil, counts: [Int], shares: [Double]) throws -> (Session, [UnsafeMutableBufferPointer<Float>]) {
        let session = try makeSession(path: path)
        var random = SplitMix(state: 11)
        let memory = try counts.enumerated().map { index, count in
            _ = try session.register("t\(index)", count: count)
            let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
            for i in 0..<count { values[i] = Float(random.normal()) }
            return values
        }
        session.plan = LookPlan(step: 1, shares: shares, tested: [true, true, true])
        return (session, memory)
    }

    func batch(_ memory: [UnsafeMutableBufferPointer<Float>]) -> [Observation] {
        memory.enumerated().map { index, values in
            Observation(
                tensor: index,
                buffer: ElementBuffer(start: UnsafeRawPointer(values.baseAddress), count: values.count, type: .float32))
        }
    }

    @Test func readsWhatIsPlannedAndSaysSo() throws {
        let path = try temporaryPath()
        let (session, memory) = try session(path: path, counts: [100, 2_000_000, 300], shares: [1, 0.125, 0])
        defer { memory.forEach { $0.deallocate() } }
        #expect(try session.plannedShare(of: 1) == 0.125)
        expectError(.unknown, naming: "9") { _ = try session.plannedShare(of: 9) }
        try session.observe(step: 1, batch(memory))
        #expect(try session.latest(of: 0).sample == nil)
        let (sketch, _, sample) = try session.latest(of: 1)
        let read = try #require(sample)
        #expect(abs(read.share - 0.125) < 0.01)
        #expect(sketch.count == UInt64((read.share * 2_000_000).rounded()))
        expectError(.empty) { _ = try session.latest(of: 2) }
        #expect(try session.summary.looksInPart == 1)
        #expect(try session.report.contains("parts at 1 look"))
        // A step that nobody asked about is read whole.
        try session.observe(step: 2, batch(memory))
        #expect(try session.latest(of: 1).sample == nil && session.latest(of: 2).step == 2)
        #expect(try session.summary.looksInPart == 1)
        try session.close()

        #expect(
            try rows(path, "select step, tensors, offered from cost order by step")
                == [[1, 2, 3], [2, 3, 3]].map { $0.map { .integer($0) } })
        #expect(
            try rows(path, "select step, sampled = 1, modes is null, mean_se > 0 from stats order by step, tensor")
                == [[1, 1, 0, 0], [1, 0, 1, 1], [2, 1, 0, 0], [2, 1, 0, 0], [2, 1, 0, 0]].map { $0.map { .integer($0) } })
        // Norms are those of the whole.
        let norms = try rows(path, "select l1, l2 from stats where tensor = 't1' order by step")
        for column in 0..<2 {
            guard case .real(let ofSample) = norms[0][column], case .real(let ofAll) = norms[1][column] else {
                Issue.record("no norms")
                return
            }
            #expect(abs(ofSample / ofAll - 1) < 0.01 && ofSample != ofAll)
        }
    }

    @Test func aBadBatchIsRefusedEvenWhereItIsNotRead() throws {
        let (session, memory) = try session(counts: [10, 20], shares: [1, 0])
        defer { memory.forEach { $0.deallocate() } }
        expectError(.shape, naming: "t1") {
            try session.observe(
                step: 1,
                [
                    batch(memory)[0],
                    Observation(tensor: 1, buffer: batch(memory)[1].buffer.slice(0, 19)),
                ])
        }
        #expect(try session.summary.looks == 0)
    }
}
