import Checkpoints
import Foundation
import SafetensorsWriter

// Opens so many damaged checkpoints and reads what is accepted. A crash, a hang, or a tensor outside its file ends it with
// a status other than 0; the seed of each round is its number, so that it can be repeated.
//
//   CheckpointFuzzer [COUNT] [FIRST]

let count = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 0 : 1_000_000
let first = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 0 : 0
/// Seconds after which a round counts as hanging.
let limit: UInt32 = 10

let folder = try TemporaryFolder()
let files = filesToDamage()
let index = Array(
    "{\"metadata\":{\"total_size\":16},\"weight_map\":{\"w\":\"a.safetensors\",\"empty\":\"a.safetensors\",\"h\\u002e1\":\"b.safetensors\"}}".utf8)
for (name, number) in [("a", 0), ("b", 1)] { try folder.write("\(name).safetensors", files[number].bytes) }

var accepted = 0
var refused: [String: Int] = [:]
var slowest = 0.0
let began = Date()
for round in first..<(first + count) {
    alarm(limit)
    let start = Date()
    var mutator = HeaderMutator(seed: UInt64(round))
    do {
        if round % 8 == 7 {
            let path = try folder.write("model.safetensors.index.json", mutator.mutate(index, header: 0..<index.count))
            for tensor in try Checkpoint(path: path).tensors { try check(tensor.stored, in: tensor.file) }
        } else {
            let (bytes, header) = files[round % files.count]
            let file = try SafetensorsFile(path: folder.write("damaged.safetensors", mutator.mutate(bytes, header: header)))
            for tensor in file.tensors { try check(tensor, in: file) }
        }
        accepted += 1
    } catch let error as CheckpointError {
        refused["\(error.kind)", default: 0] += 1
    }
    slowest = max(slowest, Date().timeIntervalSince(start))
}
alarm(0)

let seconds = Date().timeIntervalSince(began)
let kinds = refused.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
print("\(count) damaged checkpoints: \(accepted) accepted and read, refused: \(kinds)")
print(String(format: "no crash, no hang, nothing read outside a file; %.0f s, the slowest %.0f ms", seconds, slowest * 1000))

/// Reads a tensor, which must lie within its file as it is on disk.
func check(_ tensor: StoredTensor, in file: SafetensorsFile) throws {
    let size = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int ?? 0
    guard tensor.offset >= 8, tensor.byteCount >= 0, tensor.offset + tensor.byteCount <= size else {
        fatalError("\(tensor.name) lies outside its file: \(tensor)")
    }
    var bytes = [UInt8](repeating: 0, count: tensor.byteCount)
    try bytes.withUnsafeMutableBytes { try file.read(from: tensor.offset, into: $0) }
}
