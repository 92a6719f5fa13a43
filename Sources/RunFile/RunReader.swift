import CSQLite

/// Reads a run file, finished or while another thread or process writes it.
///
/// Every query has its own connection, which ends with its last row. So each query sees the run as it is when it begins,
/// and an open reader holds nothing that would keep the writer from tidying up. Reading changes neither the file nor what
/// lies beside it.
///
/// One reader is not to be used by two threads at once; its queries are independent of each other.
package final class RunReader {
    private let path: String
    private let location: String
    private let operations: Int?
    private var isOpen = true
    private var queries: [OpenQuery] = []

    /// - Parameters:
    ///   - path: a run file.
    ///   - operations: of SQLite's machine; a query that needs more is ended. nil for what a file of its size may need.
    /// - Throws: `.io` if it cannot be read, `.format` if it is no run file, `.newerVersion` if a later library wrote it.
    package init(path: String, operations: Int? = nil) throws(RunFileError) {
        self.path = path
        self.operations = operations
        location = try RunPath.resolve(path)
        try SQLiteDatabase.openRun(at: location, calledIn: path, operations: operations).close()
    }

    /// Starts a query.
    /// - Parameters:
    ///   - sql: one statement that reads, for example `select step, kurtosis from stats where tensor = ?`.
    ///   - parameters: values for its parameters (`?`), in order.
    /// - Throws: `.sql` with SQLite's words, if the statement would write, or if it does more than a query may; `.misuse` if there is no statement or more than
    ///   one, or as many parameters as it has were not given; `.io`, `.format` if the file can no longer be read.
    package func query(_ sql: String, _ parameters: [SQLValue] = []) throws(RunFileError) -> RunRows {
        guard isOpen else { throw RunFileError(kind: .misuse, message: "The run file \(path) is closed.") }
        let database = try SQLiteDatabase.openRun(at: location, calledIn: path, operations: operations)
        let statement = try Statement(sql, in: database, doing: "query")
        guard statement.isReadOnly else {
            throw RunFileError(
                kind: .sql, message: "A run file is for reading only; this statement would write: \(sql)")
        }
        guard statement.parameterCount == parameters.count else {
            throw RunFileError(
                kind: .misuse,
                message: "The query has \(statement.parameterCount) parameters (?) and was given \(parameters.count) values.")
        }
        try statement.bind(parameters)
        queries.removeAll { $0.database == nil }
        queries.append(OpenQuery(database: database))
        return RunRows(statement, in: database)
    }

    /// Ends the reader and every query on it. Does nothing if that has been done.
    package func close() {
        for query in queries { query.database?.close() }
        queries = []
        isOpen = false
    }

    private struct OpenQuery {
        weak var database: SQLiteDatabase?
    }
}
