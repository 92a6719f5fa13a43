import CSQLite

/// One prepared statement: `sqlite3_prepare_v3` to `sqlite3_finalize`.
///
/// It keeps its connection alive. When the connection is closed first, the statement is dead: it gives no rows and no
/// values, and running it is an error.
final class Statement {
    private let database: SQLiteDatabase
    private let statement: OpaquePointer
    /// What it is for, as in "cannot *doing* the run file".
    private let doing: String

    /// Prepares the one statement that `sql` holds.
    /// - Throws: `.sql` with SQLite's words; `.misuse` if there is no statement in `sql`, or anything after the first.
    init(_ sql: String, in database: SQLiteDatabase, doing: String, isKept: Bool = false) throws(RunFileError) {
        var (statement, rest) = try Self.prepare(sql, in: database, doing: doing, isKept: isKept)
        // A semicolon alone is a statement of nothing.
        while statement == nil, !rest.isEmpty {
            (statement, rest) = try Self.prepare(rest, in: database, doing: doing, isKept: isKept)
        }
        guard let statement else {
            throw RunFileError(kind: .misuse, message: "The query is empty.")
        }
        if !Self.isBlank(rest, in: database) {
            sqlite3_finalize(statement)
            throw RunFileError(kind: .misuse, message: "One query at a time; there is more after the first: \(rest)")
        }
        self.database = database
        self.statement = statement
        self.doing = doing
    }

    deinit { finalize() }

    private var isAlive = true

    /// The statement, unless it or its connection has been closed.
    private var live: OpaquePointer? { isAlive && database.handle != nil ? statement : nil }

    /// Ends the statement. Does nothing if that has been done.
    func finalize() {
        if let live { sqlite3_finalize(live) }
        isAlive = false
    }

    /// False if it would change the run file, or write another.
    var isReadOnly: Bool { live.map { sqlite3_stmt_readonly($0) != 0 } ?? true }

    /// How many parameters (`?`) it has.
    var parameterCount: Int { live.map { Int(sqlite3_bind_parameter_count($0)) } ?? 0 }

    /// The names of the result's columns.
    var columns: [String] {
        guard let live else { return [] }
        return (0..<sqlite3_column_count(live)).map { column in
            sqlite3_column_name(live, column).map { String(cString: $0) } ?? ""
        }
    }

    /// Gives parameters their values, in order from the first.
    func bind(_ values: [SQLValue]) throws(RunFileError) {
        for (index, value) in values.enumerated() {
            let code = bind(value, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw database.error(code, doing: doing) }
        }
    }

    /// Goes to the next row.
    /// - Returns: false when there is none.
    func step() throws(RunFileError) -> Bool {
        guard let live else { throw RunFileError(kind: .misuse, message: "The run file \(database.path) is closed.") }
        switch sqlite3_step(live) {
        case SQLITE_ROW:
            return true
        case SQLITE_DONE:
            sqlite3_reset(live)
            return false
        case let code:
            let failure = database.error(code, doing: doing)
            sqlite3_reset(live)
            throw failure
        }
    }

    /// Runs a statement that gives no rows, with these parameters.
    func run(_ values: [SQLValue]) throws(RunFileError) {
        try bind(values)
        _ = try step()
    }

    /// Runs a statement for the integer it gives; nil if it gives none.
    func integer(for values: [SQLValue]) throws(RunFileError) -> Int? {
        try bind(values)
        guard let live, try step() else { return nil }
        defer { sqlite3_reset(live) }
        guard case .integer(let value) = view(0) else { return nil }
        return Int(value)
    }

    /// A value of the current row, valid until the next `step`. `null` for a column that does not exist.
    func view(_ column: Int) -> SQLValueView {
        guard let live, column >= 0, column < Int(sqlite3_data_count(live)) else { return .null }
        let column = Int32(column)
        switch sqlite3_column_type(live, column) {
        case SQLITE_INTEGER:
            return .integer(sqlite3_column_int64(live, column))
        case SQLITE_FLOAT:
            return .real(sqlite3_column_double(live, column))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(live, column)
            return .text(.init(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(live, column))))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(live, column)
            return .blob(.init(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(live, column))))
        default:
            return .null
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        guard let live else { return SQLITE_MISUSE }
        switch value {
        case .null:
            return sqlite3_bind_null(live, index)
        case .integer(let value):
            return sqlite3_bind_int64(live, index, value)
        case .real(let value):
            return sqlite3_bind_double(live, index, value)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    // An empty buffer may have no address, which SQLite would take for NULL.
                    guard let start = characters.baseAddress else {
                        return sqlite3_bind_text(live, index, "", 0, Self.copied)
                    }
                    return sqlite3_bind_text64(
                        live, index, start, UInt64(characters.count), Self.copied, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let blob):
            return blob.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return sqlite3_bind_zeroblob(live, index, 0) }
                return sqlite3_bind_blob64(live, index, start, UInt64(bytes.count), Self.copied)
            }
        }
    }

    /// `SQLITE_TRANSIENT`, a macro that is not imported: SQLite copies what is bound.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}

extension Statement {
    /// The first statement of `sql`, nil if there is none, and the text after it.
    private static func prepare(
        _ sql: String, in database: SQLiteDatabase, doing: String, isKept: Bool
    ) throws(RunFileError) -> (statement: OpaquePointer?, rest: String) {
        // SQLite reads up to the first NUL and would pass over what comes after it in silence.
        if sql.utf8.contains(0) {
            throw RunFileError(kind: .misuse, message: "The query has a NUL character in it.")
        }
        var statement: OpaquePointer?
        var rest = ""
        let flags = isKept ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
        let code = sql.withCString { start in
            var tail: UnsafePointer<CChar>?
            let code = sqlite3_prepare_v3(database.handle, start, -1, flags, &statement, &tail)
            if let tail { rest = String(cString: tail) }
            return code
        }
        guard code == SQLITE_OK else { throw database.error(code, doing: doing) }
        return (statement, rest)
    }

    /// Whether there is nothing but white space, comments and semicolons in `sql`, by SQLite's own judgement.
    private static func isBlank(_ sql: String, in database: SQLiteDatabase) -> Bool {
        var rest = sql
        while !rest.isEmpty {
            guard let found = try? prepare(rest, in: database, doing: "query", isKept: false) else { return false }
            if let statement = found.statement {
                sqlite3_finalize(statement)
                return false
            }
            if found.rest == rest { return true }
            rest = found.rest
        }
        return true
    }
}
