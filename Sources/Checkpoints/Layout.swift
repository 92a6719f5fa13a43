/// Where the tensors of one checkpoint lie.
package struct CheckpointLocation: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        /// One safetensors file, or shards without an index.
        case files([String])
        /// The index of a sharded checkpoint.
        case index(String)
        /// A file that only PyTorch reads.
        case pickle(String)
    }

    /// What was found: a file, or the directory that holds it.
    package var path: String
    package var content: Content
}

/// How programs lay out checkpoints: a file, or a directory with one model in it as the Hugging Face hub has it.
enum Layout {
    static let indexSuffix = ".safetensors.index.json"
    private static let pickleSuffixes = [".bin.index.json", ".bin", ".pt", ".pth", ".ckpt"]

    /// The checkpoint at a path. Throws if there is none, or if it cannot be told which of several is meant.
    static func checkpoint(at path: String) throws(CheckpointError) -> CheckpointLocation {
        if let found = try checkpointIfAny(at: path) { return found }
        if !Path.exists(path) { throw .system(path, "cannot be opened") }
        throw CheckpointError(
            .layout, Path.isDirectory(path)
                ? "\(path) holds no model: no .safetensors file, and no \(indexSuffix)."
                : "\(path) is no checkpoint: its name does not end in .safetensors.")
    }

    /// The checkpoint at a path; nil if it is something else, a directory of several checkpoints for example.
    static func checkpointIfAny(at path: String) throws(CheckpointError) -> CheckpointLocation? {
        if !Path.isDirectory(path) {
            return Path.exists(path) ? content(ofFile: path).map { CheckpointLocation(path: path, content: $0) } : nil
        }
        let names = try Path.names(in: path)
        let indices = names.filter { $0.hasSuffix(indexSuffix) }
        if let index = preferred(indices, "model" + indexSuffix) {
            return CheckpointLocation(path: path, content: .index(Path.join(path, index)))
        }
        let files = names.filter { $0.hasSuffix(".safetensors") }
        if let file = preferred(files, "model.safetensors") {
            return CheckpointLocation(path: path, content: .files([Path.join(path, file)]))
        }
        if !files.isEmpty, areShards(files) {
            return CheckpointLocation(path: path, content: .files(files.map { Path.join(path, $0) }))
        }
        let pickles = names.filter { name in pickleSuffixes.contains { name.hasSuffix($0) } }
        let usual = "pytorch_model.bin"
        if files.isEmpty, let pickle = preferred(pickles, pickles.contains(usual) ? usual : usual + ".index.json") {
            return CheckpointLocation(path: path, content: .pickle(Path.join(path, pickle)))
        }
        return nil
    }

    static func content(ofFile path: String) -> CheckpointLocation.Content? {
        if path.hasSuffix(indexSuffix) { return .index(path) }
        if path.hasSuffix(".safetensors") { return .files([path]) }
        return pickleSuffixes.contains { path.hasSuffix($0) } ? .pickle(path) : nil
    }

    /// The only name, or the usual one among several. A name with a step in it is one of a series, not the model of its folder.
    private static func preferred(_ names: [String], _ usual: String) -> String? {
        if names.contains(usual) { return usual }
        return names.count == 1 && Step.ofFile(names[0]) == nil ? names[0] : nil
    }

    /// "model-00001-of-00003.safetensors" and so on, all of them.
    private static func areShards(_ names: [String]) -> Bool {
        let parts = names.map(Step.shard(of:))
        guard let first = parts[0], first.count == names.count else { return false }
        return parts.allSatisfy { $0?.stem == first.stem && $0?.count == first.count }
            && Set(parts.compactMap { $0?.number }) == Set(1...first.count)
    }
}
