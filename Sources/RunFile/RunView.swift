/// The views of a run file that are lists over steps or tensors; SCHEMA.md describes their columns.
package enum RunView: String, CaseIterable, Sendable {
    case facts, tensors, stats, forks, branches, metrics, cost, dropped, gaps, rewinds
    case forkBranches = "fork_branches"
    case leftOut = "left_out"
    case supersededStats = "superseded_stats"
    case supersededMetrics = "superseded_metrics"

    /// Whether its rows are each of one tensor.
    package var hasTensor: Bool {
        switch self {
        case .stats, .forks, .branches, .supersededStats: true
        default: false
        }
    }

    /// Whether its rows are each of one step.
    package var hasStep: Bool {
        switch self {
        case .stats, .forks, .branches, .metrics, .cost, .dropped, .leftOut, .supersededStats, .supersededMetrics: true
        default: false
        }
    }

    /// One in which rows can be read without sorting, where there is one.
    fileprivate var order: String {
        switch self {
        case .facts: "key"
        case .tensors: "id"
        case .stats: "tensor, step"
        case .branches: "tensor, step, branch"
        case .forks: "fork"
        case .forkBranches: "fork, branch"
        case .metrics: "name, step"
        case .cost, .dropped, .leftOut: "step"
        case .gaps: "name"
        case .rewinds: "number"
        case .supersededStats: "rewind, tensor, step"
        case .supersededMetrics: "rewind, name, step"
        }
    }
}

extension RunReader {
    /// Calls `body` with the rows of a view in their natural order, read one at a time.
    ///
    /// - Parameters:
    ///   - tensor: rows of this tensor only, for views that have one.
    ///   - steps: rows of these steps only, for views that have one.
    ///   - body: gets the columns' names and the row.
    package func forEachRow(
        of view: RunView, tensor: String? = nil, steps: ClosedRange<Int>? = nil,
        _ body: ([String], [SQLValue]) throws -> Void
    ) throws {
        var conditions: [String] = []
        var parameters: [SQLValue] = []
        if let tensor, view.hasTensor {
            conditions.append("tensor = ?")
            parameters.append(.text(tensor))
        }
        if let steps, view.hasStep {
            conditions.append("step between ? and ?")
            parameters += [.integer(steps.lowerBound), .integer(steps.upperBound)]
        }
        let condition = conditions.isEmpty ? "" : " where " + conditions.joined(separator: " and ")
        try forEachRow("select * from \(view.rawValue)\(condition) order by \(view.order)", parameters, body)
    }

    /// The columns of a view, and so many of its rows as `forEachRow` would give.
    package func rows(
        of view: RunView, tensor: String? = nil, steps: ClosedRange<Int>? = nil
    ) throws -> (columns: [String], rows: [[SQLValue]]) {
        var columns = try columns(of: view)
        var rows: [[SQLValue]] = []
        try forEachRow(of: view, tensor: tensor, steps: steps) {
            columns = $0
            rows.append($1)
        }
        return (columns, rows)
    }

    /// The names of a view's columns.
    package func columns(of view: RunView) throws(RunFileError) -> [String] {
        let rows = try query("select * from \(view.rawValue) limit 0")
        defer { rows.close() }
        return rows.columns
    }

    func forEachRow(
        _ sql: String, _ parameters: [SQLValue] = [], _ body: ([String], [SQLValue]) throws -> Void
    ) throws {
        let rows = try query(sql, parameters)
        defer { rows.close() }
        while try rows.next() { try body(rows.columns, rows.columns.indices.map(rows.value)) }
    }
}
