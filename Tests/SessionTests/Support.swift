import Foundation
import Kernels
import RunFile
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

/// All rows of a query on a run file.
func rows(_ path: String, _ sql: String) throws -> [[SQLValue]] {
    let reader = try RunReader(path: path)
    defer { reader.close() }
    let rows = try reader.query(sql, [])
    var result: [[SQLValue]] = []
    while try rows.next() { result.append(rows.columns.indices.map { rows.value($0) }) }
    return result
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

extension SplitMix {
    /// A standard normal number (Box and Muller).
    mutating func normal() -> Double {
        let u = Double.random(in: Double.leastNonzeroMagnitude..<1, using: &self)
        return (-2 * log(u)).squareRoot() * cos(2 * .pi * Double.random(in: 0..<1, using: &self))
    }
}

func truncateFile(_ path: String, to size: Int) {
    #expect(truncate(path, off_t(size)) == 0)
}
