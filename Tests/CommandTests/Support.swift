import Foundation
import SafetensorsWriter
import Testing

/// What a command did.
struct Outcome {
    var status: Int32
    var output: String
    var errors: String

    var lines: [Substring] { output.split(separator: "\n") }
}

/// Runs the command line, which stands beside the tests' own executable.
///
/// - Parameters:
///   - environment: added to this process's own.
///   - output: a file that its output goes to; nil: what is returned.
func furca(_ arguments: String..., environment: [String: String] = [:], output file: String? = nil) throws -> Outcome {
    let executable = try URL(fileURLWithPath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        .deletingLastPathComponent().appendingPathComponent("furca-command")
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let folder = try TemporaryFolder()
    let (output, errors) = (try folder.write("output", ""), try folder.write("errors", ""))
    process.standardOutput = FileHandle(forWritingAtPath: file ?? output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let isSignal = process.terminationReason == .uncaughtSignal
    return Outcome(
        status: isSignal ? -process.terminationStatus : process.terminationStatus,
        output: try String(contentsOfFile: output, encoding: .utf8), errors: try String(contentsOfFile: errors, encoding: .utf8))
}

/// A series of checkpoints in which `gains` starts at 1 and splits, and `weight` only grows; and the run that `scan` made of it.
struct Series {
    let folder: TemporaryFolder
    let run: String
    let outcome: Outcome

    /// - Parameter spread: by which `weight` differs from the others' of this seed.
    init(steps: [Int] = [0, 1, 2, 500], spread: Float = 1) throws {
        folder = try TemporaryFolder()
        for step in steps {
            let gains = (0..<400).map { 1 + Float(step) * ($0 % 2 == 0 ? 0.01 : -0.01) + Float(step) * Float($0) * 1e-6 }
            let weight = (0..<6000).map { Float(($0 * 7919) % 6000) / 6000 * (step > 1 ? spread : 1) * Float(step + 1) }
            try folder.write(
                "ckpt/step\(step).safetensors",
                safetensors([WrittenTensor("gains", gains), WrittenTensor("h.weight", weight, shape: [60, 100])]))
        }
        run = folder.path + "/a.furca"
        outcome = try furca("scan", folder.path + "/ckpt", "--run", run)
    }
}
