import Forks
import Foundation
import Kernels
import RunFile
import Sketches
import Testing

/// A directory that goes with the object.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "furca-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        _ = chmod(path, 0o777)
        try? FileManager.default.removeItem(atPath: path)
    }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
}

func sketch(of values: [Float]) -> Sketch {
    var sketch = Sketch()
    values.withUnsafeBytes { bytes in
        sketch.update(ElementBuffer(start: bytes.baseAddress, count: values.count, type: .float32), scratch: Scratch())
    }
    return sketch
}

func tensor(_ id: Int, _ name: String, shape: [Int] = [4], frozen: Bool = false) -> RunRecord {
    .tensor(TensorRecord(id: id, name: name, type: .float32, shape: shape, frozen: frozen))
}

func branch(_ position: Double, mass: Double = 0.5) -> Branch {
    Branch(position: position, mass: mass, lower: position - 1, upper: position + 1)
}

func event(_ kind: ForkEvent.Kind, _ label: ForkEvent.Label = .none, step: Int, after: Int?, _ branches: [Branch]) -> ForkEvent {
    ForkEvent(
        kind: kind, label: label, step: step, onsetAfter: after, onsetBy: step, dip: 0.25, pValue: 1e-9,
        branches: branches)
}

func look(
    at tensor: Int, _ values: [Float] = [1, 2, 3, 4], keepsSketch: Bool = false, branches: [Branch] = [],
    events: [ForkEvent] = []
) -> TensorLook {
    TensorLook(
        tensor: tensor, sketch: sketch(of: values), keepsSketch: keepsSketch,
        modes: Modes(branches: branches, atoms: [], dip: 0.125, dipTested: 0.0625, pValue: 0.5),
        branches: branches, events: events)
}

func look(_ step: Int, _ tensors: [TensorLook], seconds: Double = 0.001) -> RunRecord {
    .look(LookRecord(step: step, time: 1_700_000_000 + Double(step), seconds: seconds, tensors: tensors))
}

extension RunReader {
    /// All rows of a query.
    func all(_ sql: String, _ parameters: [SQLValue] = []) throws -> [[SQLValue]] {
        let rows = try query(sql, parameters)
        var all: [[SQLValue]] = []
        while try rows.next() { all.append(rows.columns.indices.map { rows.value($0) }) }
        return all
    }
}

/// All rows of a query on the file at `path`.
func rows(_ path: String, _ sql: String, _ parameters: [SQLValue] = []) throws -> [[SQLValue]] {
    try RunReader(path: path).all(sql, parameters)
}

/// A finished run of these records.
func finish(_ path: String, facts: [String: String] = [:], _ records: [RunRecord]) throws {
    let writer = try RunWriter(creating: path, facts: facts)
    try writer.write(records)
    try writer.close()
}

/// Expects an error of a kind whose sentence contains all of `words`.
func expectError(
    _ kind: RunFileError.Kind, naming words: String..., from body: () throws -> Void,
    at location: SourceLocation = #_sourceLocation
) {
    do {
        try body()
        Issue.record("no error", sourceLocation: location)
    } catch let error as RunFileError {
        #expect(error.kind == kind, "\(error.message)", sourceLocation: location)
        for words in words { #expect(error.message.contains(words), "\(error.message)", sourceLocation: location) }
    } catch {
        Issue.record(error, sourceLocation: location)
    }
}

extension SQLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .real(value) }
    public init(nilLiteral: ()) { self = .null }
}

/// Runs `body` as a user who owns nothing. (Root may write anywhere, which would make tests of permissions void.)
func withoutPrivileges<Result>(_ body: () throws -> Result) rethrows -> Result {
    typealias SetUser = @convention(c) (uid_t) -> Int32
    guard geteuid() == 0, let symbol = dlsym(nil, "setfsuid") else { return try body() }
    // For this thread alone.
    let setUser = unsafeBitCast(symbol, to: SetUser.self)
    _ = setUser(65534)
    defer { _ = setUser(0) }
    return try body()
}

/// The process in RunFileTestsHelper, which stands beside the tests' own executable.
func helper(_ arguments: String..., by launcher: [String] = []) throws -> (process: Process, lines: FileHandle) {
    let folder = try URL(fileURLWithPath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        .deletingLastPathComponent()
    let command = launcher + [folder.appendingPathComponent("RunFileTestsHelper").path] + arguments
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardOutput = output
    try process.run()
    return (process, output.fileHandleForReading)
}
