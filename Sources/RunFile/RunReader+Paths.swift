import Forks

/// The elements of a tensor that were followed one by one, at the looks of which the run keeps where they were.
package struct RunPaths: Sendable {
    /// Ascending.
    package var steps: [Int] = []
    /// Of the elements, ascending, in the order of indices (the last axis fastest).
    package var places: [Int] = []
    /// Look by look, an element after the other.
    package var values: [Float] = []
    /// The branches of the tensor at each look: one unless it was forked.
    package var branches: [[Branch]] = []

    /// The values at one of the looks.
    package func values(at look: Int) -> ArraySlice<Float> {
        values[look * places.count..<(look + 1) * places.count]
    }

    /// At each look the share of elements that are in another branch than at the look before, see `Churn`.
    package var churn: [Double] {
        steps.indices.map { look in
            look == 0
                ? .nan
                : values(at: look - 1).withUnsafeBufferPointer { before in
                    values(at: look).withUnsafeBufferPointer { after in
                        Churn.share(from: before, in: branches[look - 1], to: after, in: branches[look])
                    }
                }
        }
    }
}

extension RunReader {
    /// The paths of a tensor, or why there are none.
    package func paths(of tensor: String) throws -> Result<RunPaths, NoPaths> {
        guard try has(tensor) else { return .failure(NoPaths(isUnknown: true, reason: "the run has no tensor of that name")) }
        guard try hasPaths() else {
            return .failure(NoPaths(reason: "the run was written by an earlier version of furca, which followed no elements"))
        }
        var paths = RunPaths()
        try forEachRow("select places from path_elements where tensor = ?", [.text(tensor)]) { _, row in
            paths.places = numbers(row[0], of: UInt64.self).map { Int(clamping: $0) }
        }
        try forEachRow("select step, elements from paths where tensor = ? order by step", [.text(tensor)]) { _, row in
            let values = numbers(row[1], of: UInt32.self).map(Float.init(bitPattern:))
            guard values.count == paths.places.count, let step = row[0].int else {
                throw RunFileError(kind: .format, message: "The paths of \"\(tensor)\" are damaged: an element is missing.")
            }
            paths.steps.append(step)
            paths.values += values
        }
        if paths.steps.isEmpty { return .failure(NoPaths(reason: try whyNone(of: tensor))) }
        paths.branches = try branches(of: tensor, at: paths.steps)
        return .success(paths)
    }

    /// Why a tensor of a run has no paths.
    package struct NoPaths: Error {
        /// Whether the run has no such tensor.
        package var isUnknown = false
        /// The rest of a sentence.
        package var reason: String
    }

    private func has(_ tensor: String) throws -> Bool {
        var found = false
        try forEachRow("select 1 from tensors where name = ?", [.text(tensor)]) { _, _ in found = true }
        return found
    }

    private func hasPaths() throws -> Bool {
        var count = 0
        try forEachRow("select count(*) from sqlite_schema where name in ('paths', 'path_elements')") { count = $1[0].int ?? 0 }
        return count == 2
    }

    private func whyNone(of tensor: String) throws -> String {
        let facts = try facts()
        if facts["paths"] == "0" { return "the run was made with paths = 0" }
        var isGroup = false
        try forEachRow("select 1 from groups where tensor = ?", [.text(tensor)]) { _, _ in isGroup = true }
        if isGroup { return "it is a group, which has no elements of its own: ask for its members" }
        var looks = (all: 0, tested: 0)
        try forEachRow("select count(*), count(modes) from stats where tensor = ?", [.text(tensor)]) { _, row in
            looks = (row[0].int ?? 0, row[1].int ?? 0)
        }
        if looks.all == 0 { return "it has not been looked at" }
        return "its looks came as sketches (of shards, say), or its shape is not tested"
    }

    /// The branches that a tensor has at steps, ascending.
    private func branches(of tensor: String, at steps: [Int]) throws -> [[Branch]] {
        var forked: [(step: Int, branches: [Branch])] = []
        try forEachRow(
            "select step, position, mass, lower, upper, name from branches where tensor = ? order by step, branch", [.text(tensor)]
        ) { _, row in
            var branch = Branch(
                position: row[1].double ?? .nan, mass: row[2].double ?? .nan, lower: row[3].double ?? .nan,
                upper: row[4].double ?? .nan)
            branch.name = row[5].int ?? 0
            if forked.last?.step != row[0].int { forked.append((row[0].int ?? 0, [])) }
            forked[forked.count - 1].branches.append(branch)
        }
        var next = 0
        // What is left of the latest merge, or the trunk.
        var alone = 0
        return steps.map { step in
            while next < forked.count, forked[next].step < step { next += 1 }
            if next > 0, forked[next - 1].branches.count == 1 { alone = forked[next - 1].branches[0].name }
            if next < forked.count, forked[next].step == step { return forked[next].branches }
            var trunk = Branch(position: .nan, mass: 1, lower: -.infinity, upper: .infinity)
            trunk.name = alone
            return [trunk]
        }
    }
}

/// The numbers that a blob holds, the lowest byte of each first; none of anything else.
private func numbers<Number: FixedWidthInteger>(_ value: SQLValue, of type: Number.Type) -> [Number] {
    guard case .blob(let bytes) = value else { return [] }
    let size = MemoryLayout<Number>.size
    return bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / size).map { Number(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * size, as: Number.self)) }
    }
}
