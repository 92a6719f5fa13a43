import Glibc

/// A file of a sharded checkpoint and the tensors that are to be read from it; nil: all.
struct Shard {
    var path: String
    var names: [String]?
}

/// The index of a sharded checkpoint, as the Hugging Face hub has it: {"weight_map": {"tensor": "file", …}, …}.
enum ShardIndex {
    /// In bytes. An index has a line for each tensor.
    private static let sizeLimit = 100_000_000

    static func shards(in path: String) throws(CheckpointError) -> [Shard] {
        let json = try contents(of: path, limit: sizeLimit)
        var map: [String: String] = [:]
        do throws(JSONReader.Problem) {
            try json.readJSON { (reader) throws(JSONReader.Problem) in
                var hasMap = false
                try reader.readObject { (reader, key) throws(JSONReader.Problem) in
                    guard key == "weight_map" else { return try reader.skipValue() }
                    if hasMap { throw .init(text: "it has two entries \"weight_map\"") }
                    hasMap = true
                    try reader.readObject { (reader, name) throws(JSONReader.Problem) in
                        let file = try reader.readString()
                        try check(file)
                        if map.updateValue(file, forKey: name) != nil {
                            throw .init(text: "\(SafetensorsHeader.quoted(name)) occurs twice")
                        }
                    }
                }
                if map.isEmpty { throw .init(text: "it names no tensors under \"weight_map\"") }
            }
        } catch {
            throw CheckpointError(.format, "\(path) cannot be read as the index of a checkpoint: \(error.text).")
        }
        let directory = Path.directory(of: path)
        return Dictionary(grouping: map.keys, by: { map[$0] ?? "" }).sorted { $0.key < $1.key }
            .map { Shard(path: Path.join(directory, $0.key), names: $0.value.sorted()) }
    }

    /// An index names files beside it, and nothing anywhere else.
    private static func check(_ file: String) throws(JSONReader.Problem) {
        guard file.hasSuffix(".safetensors"), !file.utf8.contains(0), !file.contains("/") else {
            throw .init(text: "\(SafetensorsHeader.quoted(file)) is not the name of a safetensors file beside it")
        }
    }

    static func contents(of path: String, limit: Int) throws(CheckpointError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(path, "cannot be opened") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while true {
            guard bytes.count <= limit else {
                throw CheckpointError(.format, "\(path) has more than \(limit) bytes, too many for an index.")
            }
            let room = 1 << 16
            let got = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                count = max(0, Glibc.read(descriptor, buffer.baseAddress, room))
            }
            if got.isEmpty { break }
            bytes += got
        }
        return bytes
    }
}
