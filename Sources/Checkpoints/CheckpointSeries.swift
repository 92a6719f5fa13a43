/// Checkpoints of one run, ascending by step.
package struct CheckpointSeries: Sendable {
    package struct Entry: Sendable {
        package var step: Int
        package var location: CheckpointLocation
        /// Opens it.
        package func checkpoint() throws(CheckpointError) -> Checkpoint { try Checkpoint(location) }
    }

    package private(set) var entries: [Entry] = []

    /// What was found beside the checkpoints and is not one, with the reason.
    package private(set) var leftOut: [(path: String, reason: String)] = []

    /// Finds the checkpoints at `paths`: each is a checkpoint, or a directory of checkpoints.
    ///
    /// - Parameter steps: of all checkpoints in the order in which they are named (those of a directory in natural order of
    ///   their names); nil: their names tell.
    package init(paths: [String], steps: [Int]? = nil) throws(CheckpointError) {
        var found: [Candidate] = []
        for path in paths { found += try Self.candidates(at: path) }
        if let steps {
            guard steps.count == found.count else {
                throw CheckpointError(.layout, "\(steps.count) steps were given for \(found.count) checkpoints.")
            }
            for index in found.indices { found[index].step = steps[index] }
        }
        for candidate in found {
            if let step = candidate.step {
                entries.append(Entry(step: step, location: candidate.location))
            } else if candidate.isGiven {
                throw CheckpointError(
                    .layout, "\(candidate.location.path) has no step in its name, as step1000 or checkpoint-1000 have: "
                        + "give the steps, as in --steps 0,1000,2000.")
            } else {
                leftOut.append((candidate.location.path, "there is no step in its name"))
            }
        }
        if entries.isEmpty {
            throw CheckpointError(.layout, "There is no checkpoint at \(paths.joined(separator: ", ")).")
        }
        entries.sort { $0.step < $1.step }
        for (earlier, later) in zip(entries, entries.dropFirst()) where earlier.step == later.step {
            throw CheckpointError(
                .layout, "\(earlier.location.path) and \(later.location.path) are both of step \(later.step).")
        }
    }

    private struct Candidate {
        var location: CheckpointLocation
        var step: Int?
        /// Whether the caller named it, rather than a directory it is in.
        var isGiven: Bool
    }

    private static func candidates(at path: String) throws(CheckpointError) -> [Candidate] {
        if let revisions = try revisions(inHubCache: path) { return revisions }
        if let checkpoint = try Layout.checkpointIfAny(at: path) {
            return [Candidate(location: checkpoint, step: step(of: path), isGiven: true)]
        }
        var found: [Candidate] = []
        if Path.isDirectory(path) {
            for name in try Path.names(in: path) {
                let inner = Path.join(path, name)
                if let checkpoint = try Layout.checkpointIfAny(at: inner) {
                    found.append(Candidate(location: checkpoint, step: step(of: inner), isGiven: false))
                }
            }
        }
        // Says what is wrong with it.
        if found.isEmpty { _ = try Layout.checkpoint(at: path) }
        return found
    }

    /// The revisions in a directory of the Hugging Face hub's cache, "models--EleutherAI--pythia-70m": `refs/step1000` holds a
    /// commit, and `snapshots/<commit>` its files. nil for any other directory.
    private static func revisions(inHubCache path: String) throws(CheckpointError) -> [Candidate]? {
        let refs = Path.join(path, "refs")
        let snapshots = Path.join(path, "snapshots")
        guard Path.isDirectory(refs), Path.isDirectory(snapshots) else { return nil }
        var found: [Candidate] = []
        for name in try Path.names(in: refs) where !Path.isDirectory(Path.join(refs, name)) {
            let commit = try ShardIndex.contents(of: Path.join(refs, name), limit: 200)
            let folder = String(decoding: commit, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
            guard !folder.isEmpty, !folder.contains("/"), folder != ".." else { continue }
            guard var location = try Layout.checkpointIfAny(at: Path.join(snapshots, folder)) else { continue }
            location.path = Path.join(snapshots, folder)
            found.append(Candidate(location: location, step: Step.of(name), isGiven: false))
        }
        return found
    }

    /// The step that a checkpoint's own name tells, or else that of the folder it is in.
    private static func step(of path: String) -> Int? {
        let name = Path.name(of: path)
        if Path.isDirectory(path) { return Step.of(name) }
        return Step.ofFile(name) ?? Step.of(Path.name(of: Path.directory(of: path)))
    }
}
