import Foundation
import Kernels
import Testing

@testable import Session

/// A session without a file, unless `path` is given, that looks at every step.
func makeSession(path: String? = nil, budget: Double = 0) throws -> Session {
    var options = SessionOptions()
    options.path = path
    options.budget = budget
    return try Session(options)
}

/// A path in a fresh temporary folder.
func temporaryPath(_ name: String = "run.furca") throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder.appendingPathComponent(name).path
}

extension Session {
    /// Observes one float32 tensor.
    func observe(step: Int, tensor: Int, _ values: [Float]) throws {
        try values.withUnsafeBytes { bytes in
            let buffer = ElementBuffer(start: bytes.baseAddress, count: values.count, type: .float32)
            try observe(step: step, [Observation(tensor: tensor, buffer: buffer)])
        }
    }

    func register(_ name: String, count: Int) throws -> Int {
        try register(name: name, type: .float32, shape: [count], isFrozen: false)
    }
}

/// Expects a `SessionError` of a kind whose sentence contains all of `words`.
func expectError(
    _ kind: SessionError.Kind, naming words: String..., from body: () throws -> Void,
    at location: SourceLocation = #_sourceLocation
) {
    do {
        try body()
        Issue.record("no error was thrown", sourceLocation: location)
    } catch let error as SessionError {
        #expect(error.kind == kind, sourceLocation: location)
        for word in words {
            #expect(error.message.contains(word), "\"\(error.message)\" does not name \(word)", sourceLocation: location)
        }
    } catch {
        Issue.record("threw \(error)", sourceLocation: location)
    }
}

/// A reproducible stream of numbers.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A standard normal number (Box and Muller).
    mutating func normal() -> Double {
        let u = Double.random(in: Double.leastNonzeroMagnitude..<1, using: &self)
        return (-2 * log(u)).squareRoot() * cos(2 * .pi * Double.random(in: 0..<1, using: &self))
    }
}

func truncateFile(_ path: String, to size: Int) {
    #expect(truncate(path, off_t(size)) == 0)
}
