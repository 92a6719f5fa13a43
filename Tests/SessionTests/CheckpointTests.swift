import Checkpoints
import Kernels
import SafetensorsWriter
import Sketches
import Testing

@testable import Session

/// A checkpoint gives the looks that the same values in memory give, bit for bit.
@Suite struct CheckpointTests {
    /// Tensors of every type and of sizes on both sides of each limit, hostile ones among them; `step` changes the values.
    private static func tensors(step: Int) -> [WrittenTensor] {
        var random = SplitMix(state: UInt64(step + 1))
        var tensors: [WrittenTensor] = []
        for (dtype, width) in [("F32", 4), ("F64", 8), ("F16", 2), ("BF16", 2), ("F8_E4M3", 1), ("F8_E5M2", 1), ("I8", 1)] {
            let large = ["F32", "BF16", "I8"].contains(dtype) ? [(2 << 20) / width + 5] : []
            for count in [0, 1, 7, 5000] + large {
                let words = (0..<count * width / 8 + 1).map { _ in random.next() }
                let bytes = words.withUnsafeBytes { Array($0.prefix(count * width)) }
                tensors.append(WrittenTensor("\(dtype).\(count)", dtype, shape: [count], bytes: bytes))
            }
        }
        let large = 600_000
        tensors.append(WrittenTensor("gains", [Float](repeating: 1, count: large - 1) + [step == 0 ? 1 : 1.25]))
        tensors.append(WrittenTensor("nans", [Float](repeating: .nan, count: large)))
        var few = [Float](repeating: -.infinity, count: large)
        for i in 0..<3000 { few[i * 199] = Float.random(in: -1...1, using: &random) }
        tensors.append(WrittenTensor("few", few, shape: [1000, 600]))
        return tensors
    }

    @Test func scanGivesWhatMemoryGives() throws {
        let folder = try TemporaryFolder()
        var options = SessionOptions()
        options.budget = 0
        options.threads = 3
        let scanned = try Session(options)
        options.threads = 1
        let live = try Session(options)
        for step in [0, 5] {
            let tensors = Self.tensors(step: step)
            try scanned.observe(step: step, Checkpoint(path: folder.write("step\(step).safetensors", safetensors(tensors))))
            try live.observe(step: step, in: tensors.sorted { naturallyPrecedes($0.name, $1.name) })
        }
        #expect(try scanned.tensorCount == live.tensorCount)
        for id in 0..<(try live.tensorCount) {
            let name = try #require(live.name(of: id))
            #expect(scanned.name(of: id) == name)
            let (a, b) = (try scanned.latest(of: id), try live.latest(of: id))
            #expect(a.step == 5 && a.sketch.serialized() == b.sketch.serialized(), "\(name)")
            #expect(try scanned.branches(of: id) == live.branches(of: id), "\(name)")
        }
        #expect(try scanned.eventCount == live.eventCount)
        #expect(try scanned.summary.bytes == live.summary.bytes)
    }

    @Test func whatIsNotReadIsAGap() throws {
        let folder = try TemporaryFolder()
        let session = try makeSession()
        let position = WrittenTensor("position", "I64", shape: [1], bytes: [UInt8](repeating: 0, count: 8))
        try session.observe(
            step: 0, Checkpoint(path: folder.write("a.safetensors", safetensors([WrittenTensor("w", [1, 2]), position]))))
        try session.observe(
            step: 1, Checkpoint(path: folder.write("b.safetensors", safetensors([WrittenTensor("w", [1, 2, 3]), position]))))
        #expect(try session.latest(of: 0).step == 0)
        #expect(try session.summary.gaps == 2)
        #expect(try session.report.contains("position: its dtype is I64"))
        #expect(try session.report.contains("w: from step 1 on it is float32 of shape [3]"))
    }

    @Test func anErrorObservesNothing() throws {
        let folder = try TemporaryFolder()
        let session = try makeSession()
        let bytes = safetensors([WrittenTensor("w", [Float](repeating: 1, count: 600_000)), WrittenTensor("z", [0, 1])])
        let path = try folder.write("a.safetensors", bytes)
        let checkpoint = try Checkpoint(path: path)
        truncateFile(path, to: 1_000_000)
        expectError(.io, naming: "a.safetensors", "shorter") { try session.observe(step: 3, checkpoint) }
        expectError(.empty, naming: "w") { _ = try session.latest(of: 0) }
        let whole = try Checkpoint(path: folder.write("b.safetensors", bytes))
        try session.observe(step: 3, whole)
        expectError(.step, naming: "3") { try session.observe(step: 2, whole) }
    }
}

extension Session {
    fileprivate func observe(step: Int, in tensors: [WrittenTensor]) throws {
        let types: [String: ElementType] = [
            "F32": .float32, "F64": .float64, "F16": .float16, "BF16": .bfloat16, "F8_E4M3": .float8_e4m3fn,
            "F8_E5M2": .float8_e5m2, "I8": .int8,
        ]
        var batch: [Observation] = []
        var memory: [UnsafeMutableRawBufferPointer] = []
        defer { for bytes in memory { bytes.deallocate() } }
        for tensor in tensors {
            let type = try #require(types[tensor.dtype])
            let id = try (try? self.tensor(named: tensor.name))
                ?? register(name: tensor.name, type: type, shape: tensor.shape, isFrozen: false)
            let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: tensor.bytes.count, alignment: 16)
            bytes.copyBytes(from: tensor.bytes)
            memory.append(bytes)
            let buffer = ElementBuffer(
                start: UnsafeRawPointer(bytes.baseAddress), count: tensor.bytes.count / type.byteCount, type: type)
            batch.append(Observation(tensor: id, buffer: buffer))
        }
        try observe(step: step, batch)
    }
}
