// A process that writes a run file, to be killed or obstructed by the tests of RunFile.
//
//     RunFileTestsHelper endless PATH          writes batch after batch, and prints each step that is committed
//     RunFileTestsHelper beyond-limit PATH     writes until the process may write no larger files; then the limit goes
//     RunFileTestsHelper full-disk PATH        writes until the disk is full; then PATH.ballast is removed

import Forks
import Glibc
import Kernels
import RunFile
import Sketches

let tensorCount = 20

/// One look at all tensors, with sketches, and a metric.
func batch(step: Int) -> [RunRecord] {
    let tensors = (0..<tensorCount).map { tensor in
        var sketch = Sketch()
        let values = (0..<500).map { Float($0 * (tensor + 1) + step) }
        values.withUnsafeBytes { bytes in
            let buffer = ElementBuffer(start: bytes.baseAddress, count: values.count, type: .float32)
            sketch.update(buffer, scratch: Scratch())
        }
        return TensorLook(
            tensor: tensor, sketch: sketch, keepsSketch: true,
            modes: Modes(branches: [], atoms: [], dip: 0, dipTested: 0, pValue: 1), branches: [], events: [])
    }
    return [
        .look(LookRecord(step: step, time: Double(step), seconds: 0, tensors: tensors)),
        .metric(step: step, name: "loss", value: Double(step), time: Double(step)),
    ]
}

func start(_ path: String) throws -> RunWriter {
    let writer = try RunWriter(creating: path, facts: [:])
    try writer.write(
        (0..<tensorCount).map {
            .tensor(TensorRecord(id: $0, name: "tensor \($0)", type: .float32, shape: [500], frozen: false))
        })
    return writer
}

func say(_ line: String) {
    print(line)
    fflush(nil)
}

func writeForEver(_ path: String) throws {
    let writer = try start(path)
    for step in 0... {
        try writer.write(batch(step: step))
        say("\(step)")
    }
}

/// Writes until it fails, removes the cause, writes the same batch again and finishes. Prints the error's kind and message,
/// then the number of looks written.
func writeUntilObstructed(_ path: String, removeCause: () -> Void) throws {
    let writer = try start(path)
    for step in 0... {
        do {
            try writer.write(batch(step: step))
        } catch {
            say("\(error.kind): \(error.message)")
            removeCause()
            try writer.write(batch(step: step))
            try writer.close()
            say("\(step + 1)")
            return
        }
    }
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else { exit(2) }
let path = arguments[2]
do {
    switch arguments[1] {
    case "endless":
        try writeForEver(path)
    case "beyond-limit":
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 1 << 20, rlim_max: rlim_t.max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        try writeUntilObstructed(path) {
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        }
    case "full-disk":
        try writeUntilObstructed(path) { unlink(path + ".ballast") }
    default:
        exit(2)
    }
} catch {
    print("unexpected: \(error)")
    exit(1)
}
