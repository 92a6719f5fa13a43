import Kernels

/// The tensors of a model at one step, in one file or in several shards.
package final class Checkpoint: Sendable {
    /// As it was given.
    package let path: String
    /// In natural order of their names: "h.2.weight" before "h.10.weight".
    package let tensors: [CheckpointTensor]
    private let files: [SafetensorsFile]

    /// Opens a checkpoint and checks the headers of all its files.
    ///
    /// - Parameter path: a safetensors file, the index of a sharded one, or a directory that holds either.
    package convenience init(path: String) throws(CheckpointError) {
        try self.init(Layout.checkpoint(at: path))
    }

    init(_ location: CheckpointLocation) throws(CheckpointError) {
        path = location.path
        let shards: [Shard]
        switch location.content {
        case .files(let paths): shards = paths.map { Shard(path: $0, names: nil) }
        case .index(let index): shards = try ShardIndex.shards(in: index)
        case .pickle(let file):
            throw CheckpointError(
                .format, "\(file) is a pickle of PyTorch, which only Python reads: furca.scan([…], run=…) there does, "
                    + "or save it as safetensors.")
        }
        var files: [SafetensorsFile] = []
        var found: [String: CheckpointTensor] = [:]
        for shard in shards {
            let file = try SafetensorsFile(path: shard.path)
            files.append(file)
            let present = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
            for name in shard.names ?? file.tensors.map(\.name) {
                guard let tensor = present[name] else {
                    throw CheckpointError(
                        .format, "\(location.path): tensor \(SafetensorsHeader.quoted(name)) should be in \(shard.path), but is not.")
                }
                if let other = found.updateValue(CheckpointTensor(tensor, in: file), forKey: name) {
                    throw CheckpointError(
                        .format, "\(location.path): tensor \(SafetensorsHeader.quoted(name)) is both in \(other.file.path) "
                            + "and in \(file.path).")
                }
            }
        }
        self.files = files
        tensors = found.values.sorted { naturallyPrecedes($0.name, $1.name) }
    }

    /// Throws if a file was written to since it was opened.
    package func refuseIfChanged() throws(CheckpointError) {
        for file in files { try file.refuseIfChanged() }
    }
}

/// A tensor of a checkpoint and the file it lies in.
package struct CheckpointTensor: Sendable {
    package let stored: StoredTensor
    package let file: SafetensorsFile

    init(_ stored: StoredTensor, in file: SafetensorsFile) {
        self.stored = stored
        self.file = file
    }

    package var name: String { stored.name }

    /// Reads elements into `room`, which has space for them.
    ///
    /// - Returns: them, valid as long as `room` is and is not written to.
    package func read(
        _ range: Range<Int>, as type: ElementType, into room: UnsafeMutableRawBufferPointer
    ) throws(CheckpointError) -> ElementBuffer {
        let target = UnsafeMutableRawBufferPointer(rebasing: room[..<(range.count * type.byteCount)])
        try file.read(from: stored.offset + range.lowerBound * type.byteCount, into: target)
        return ElementBuffer(start: UnsafeRawPointer(target.baseAddress), count: range.count, type: type)
    }
}
