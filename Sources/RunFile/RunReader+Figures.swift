import Sketches

/// A tensor as the run file lists it.
package struct RunTensor: Sendable {
    package var name: String
    package var dtype: String
    /// A JSON array.
    package var shape: String
    package var elements: Int
}

/// The looks of a run so far.
package struct RunLooks: Sendable {
    package var count = 0
    package var firstStep: Int?
    package var lastStep: Int?
    /// Of the first and of the last look, in seconds since 1970.
    package var firstTime: Double?
    package var lastTime: Double?
    /// Spent inside the library, in all.
    package var seconds = 0.0
}

/// What a look found of a tensor.
package struct RunFigures: Sendable {
    package var tensor: String
    package var step: Int
    package var mean: Double
    package var standardDeviation: Double
    package var kurtosis: Double
    /// nil if that look was not tested.
    package var modes: Int?
}

/// Figures that programs ask a run for.
extension RunReader {
    package func facts() throws -> [String: String] {
        var facts: [String: String] = [:]
        try forEachRow("select key, value from facts") { facts[$1[0].string] = $1[1].string }
        return facts
    }

    /// In the order in which they were registered.
    package func tensors() throws -> [RunTensor] {
        var tensors: [RunTensor] = []
        try forEachRow("select name, dtype, shape, elements from tensors order by id") { _, row in
            tensors.append(
                RunTensor(name: row[0].string, dtype: row[1].string, shape: row[2].string, elements: row[3].int ?? 0))
        }
        return tensors
    }

    /// The names, among those of the tensors, of unions of tensors; none in a file of an earlier library.
    package func groups() throws -> [String] {
        var isKnown = false
        try forEachRow("select 1 from sqlite_schema where name = 'groups'") { _, _ in isKnown = true }
        var groups: [String] = []
        if isKnown { try forEachRow("select tensor from groups order by tensor") { groups.append($1[0].string) } }
        return groups
    }

    package func looks() throws -> RunLooks {
        var looks = RunLooks()
        try forEachRow("select count(*), min(step), max(step), min(time), max(time), total(seconds) from cost") { _, row in
            looks = RunLooks(
                count: row[0].int ?? 0, firstStep: row[1].int, lastStep: row[2].int, firstTime: row[3].double,
                lastTime: row[4].double, seconds: row[5].double ?? 0)
        }
        return looks
    }

    /// Each tensor's latest look, or its latest at or before `step`. Tensors without one are missing.
    package func figures(atOrBefore step: Int = .max) throws -> [RunFigures] {
        var figures: [RunFigures] = []
        let sql = """
            select s.tensor, s.step, s.mean, s.std, s.kurtosis, s.modes
            from tensors t join stats s on s.tensor = t.name and s.step =
                (select step from stats where tensor = t.name and step <= ? order by step desc limit 1)
            order by t.id
            """
        try forEachRow(sql, [.integer(step)]) { _, row in
            figures.append(
                RunFigures(
                    tensor: row[0].string, step: row[1].int ?? 0, mean: row[2].double ?? .nan,
                    standardDeviation: row[3].double ?? .nan, kurtosis: row[4].double ?? .nan, modes: row[5].int))
        }
        return figures
    }

    /// The steps at which a tensor's sketch was kept, ascending.
    package func sketchSteps(of tensor: String) throws -> [Int] {
        var steps: [Int] = []
        try forEachRow("select step from sketches where tensor = ? order by step", [.text(tensor)]) { _, row in
            if let step = row[0].int { steps.append(step) }
        }
        return steps
    }

    /// A tensor's sketch at a step; nil if none was kept.
    package func sketch(of tensor: String, step: Int) throws -> Sketch? {
        var found: Sketch?
        try forEachRow(
            "select sketch from sketches where tensor = ? and step = ?", [.text(tensor), .integer(step)]
        ) { _, row in
            found = try Self.sketch(row[0], of: tensor, step: step)
        }
        return found
    }

    /// The steps at which any tensor's sketch was kept, ascending.
    package func sketchSteps() throws -> [Int] {
        var steps: [Int] = []
        try forEachRow("select distinct step from sketches order by step") { _, row in
            if let step = row[0].int { steps.append(step) }
        }
        return steps
    }

    /// Calls `body` with each tensor and its sketch at a step, those that were kept.
    package func forEachSketch(step: Int, _ body: (String, Sketch) throws -> Void) throws {
        try forEachRow("select tensor, sketch from sketches where step = ?", [.integer(step)]) { _, row in
            try body(row[0].string, Self.sketch(row[1], of: row[0].string, step: step))
        }
    }

    private static func sketch(_ value: SQLValue, of tensor: String, step: Int) throws(RunFileError) -> Sketch {
        guard case .blob(let bytes) = value, let sketch = try? bytes.withUnsafeBytes({ try Sketch(serialized: $0) }) else {
            throw RunFileError(
                kind: .format, message: "The sketch of \"\(tensor)\" at step \(step) is damaged, or of a newer version.")
        }
        return sketch
    }

    /// The latest so many forks, in the order in which they were seen.
    package func latestForks(_ limit: Int) throws -> [(step: Int, label: String, text: String)] {
        var forks: [(Int, String, String)] = []
        try forEachRow("select step, label, text from forks order by fork desc limit ?", [.integer(limit)]) { _, row in
            forks.append((row[0].int ?? 0, row[1].string, row[2].string))
        }
        return forks.reversed()
    }

    /// How many forks of each kind and label there are.
    package func forkCounts() throws -> [(kind: String, label: String, count: Int)] {
        var counts: [(String, String, Int)] = []
        try forEachRow("select kind, label, count(*) from forks group by kind, label order by min(fork)") { _, row in
            counts.append((row[0].string, row[1].string, row[2].int ?? 0))
        }
        return counts
    }

    /// The branches of each tensor that its latest look left with two or more, ascending.
    package func branchesNow() throws -> [(tensor: String, positions: [Double], masses: [Double])] {
        var found: [(tensor: String, positions: [Double], masses: [Double])] = []
        let sql = """
            select b.tensor, b.position, b.mass
            from tensors t join branches b on b.tensor = t.name and b.step =
                (select step from stats where tensor = t.name order by step desc limit 1)
            order by t.id, b.branch
            """
        try forEachRow(sql) { _, row in
            if found.last?.tensor != row[0].string { found.append((row[0].string, [], [])) }
            found[found.count - 1].positions.append(row[1].double ?? .nan)
            found[found.count - 1].masses.append(row[2].double ?? .nan)
        }
        return found.filter { $0.positions.count >= 2 }
    }

    /// How many rows a view has.
    package func count(of view: RunView) throws -> Int {
        var count = 0
        try forEachRow("select count(*) from \(view.rawValue)") { count = $1[0].int ?? 0 }
        return count
    }

    /// The latest value of each metric.
    package func latestMetrics() throws -> [(name: String, step: Int, value: Double)] {
        var metrics: [(String, Int, Double)] = []
        try forEachRow("select name, max(step), value from metrics group by name order by name") { _, row in
            metrics.append((row[0].string, row[1].int ?? 0, row[2].double ?? .nan))
        }
        return metrics
    }
}

extension SQLValue {
    /// A text; "" for anything else.
    package var string: String { if case .text(let text) = self { text } else { "" } }

    /// An integer; nil for anything else.
    package var int: Int? { if case .integer(let value) = self { Int(value) } else { nil } }

    /// A number; nil for anything else.
    package var double: Double? {
        switch self {
        case .real(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }
}
