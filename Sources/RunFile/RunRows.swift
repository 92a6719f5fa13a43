/// The rows of one query, from the first to the last.
///
/// It holds a connection until `next` has returned false or `close` is called, or nothing refers to it any more.
package final class RunRows {
    /// The names of the columns.
    package let columns: [String]
    private var query: (statement: Statement, database: SQLiteDatabase)?
    private var isAtEnd = false

    init(_ statement: Statement, in database: SQLiteDatabase) {
        columns = statement.columns
        query = (statement, database)
    }

    deinit { close() }

    /// Goes to the next row; to be called before the first, too.
    /// - Returns: false when there are no more, then and ever after.
    /// - Throws: `.misuse` if the query or its reader was closed before the last row; `.sql`, `.io`, `.format` if a row cannot
    ///   be read.
    package func next() throws(RunFileError) -> Bool {
        if isAtEnd { return false }
        guard let query else { throw RunFileError(kind: .misuse, message: "The query is closed.") }
        if try query.statement.step() { return true }
        isAtEnd = true
        close()
        return false
    }

    /// A value of the current row. `null` if there is no row or no such column.
    package func value(_ column: Int) -> SQLValue { SQLValue(view(column)) }

    /// A value of the current row where it lies. Its bytes are valid until `next` or `close`, of the rows or of the reader.
    package func view(_ column: Int) -> SQLValueView { query?.statement.view(column) ?? .null }

    /// Ends the query. Does nothing if that has been done.
    package func close() {
        query?.statement.finalize()
        query?.database.close()
        query = nil
    }
}
