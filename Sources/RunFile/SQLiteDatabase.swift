import CSQLite
import Glibc

/// One SQLite connection: `sqlite3_open_v2` to `sqlite3_close`, with errors as sentences.
final class SQLiteDatabase {
    /// The path people know the file by, for messages.
    let path: String
    /// nil once closed; every statement is dead then.
    private(set) var handle: OpaquePointer?
    /// See `limit`.
    var remainingCounts = Int.max

    /// - Parameters:
    ///   - location: an absolute path, or a `file:` URI if `flags` have `SQLITE_OPEN_URI`.
    ///   - path: what messages call the file.
    ///   - flags: `SQLITE_OPEN_…`.
    ///   - vfs: SQLite's name of another way to reach files; nil for the usual one.
    init(_ location: String, calledIn path: String, flags: Int32, vfs: String? = nil) throws(RunFileError) {
        self.path = path
        Self.keepOwnLocks
        SQLiteMutexes.areHeldAcrossForks
        let code = sqlite3_open_v2(location, &handle, flags, vfs)
        guard code == SQLITE_OK else {
            let failure = error(code, doing: "open")
            close()
            throw failure
        }
        waitForLocks(milliseconds: 5000)
    }

    /// Once, before the first file is opened.
    private static let keepOwnLocks: Void = furca_keep_own_locks()

    deinit { close() }

    /// Ends every statement and the connection. Does nothing if that has been done.
    func close() {
        guard let handle else { return }
        // First, so that no statement that goes away meanwhile is finalized twice.
        self.handle = nil
        while let statement = sqlite3_next_stmt(handle, nil) { sqlite3_finalize(statement) }
        sqlite3_close(handle)
    }

    /// Runs statements that give no rows or whose rows do not matter: `sqlite3_exec`.
    /// - Parameter doing: what it is for, as in "cannot *doing* the run file".
    func execute(_ sql: String, doing: String) throws(RunFileError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, doing: doing) }
    }

    /// The first value of the first row of a statement; `null` if it has no row.
    func value(of sql: String, doing: String) throws(RunFileError) -> SQLValue {
        let statement = try Statement(sql, in: self, doing: doing)
        return try statement.step() ? SQLValue(statement.view(0)) : .null
    }

    /// Lets `close` leave the files beside the database alone, whoever they belong to now.
    func leaveSideFiles() {
        var isKept: Int32 = 1
        sqlite3_file_control(handle, nil, SQLITE_FCNTL_PERSIST_WAL, &isKept)
    }

    /// Lets `close` touch no file at all, for they cannot be written.
    func leaveLog() {
        leaveSideFiles()
        furca_keep_log(handle)
    }

    /// How long a statement waits for another program's lock before it fails; 5 seconds unless it is set.
    func waitForLocks(milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

    /// True between `begin` and the `commit` or `rollback` after it.
    var isInTransaction: Bool { handle.map { sqlite3_get_autocommit($0) == 0 } ?? false }

    /// SQLite's result code, and what it last said on this connection, as an error.
    func error(_ code: Int32, doing: String) -> RunFileError {
        let lastFailure = errno
        if code & 0xff == SQLITE_INTERRUPT, hasReachedItsLimit {
            return RunFileError(
                kind: .sql,
                message: """
                    The query of \(path) was ended: it did too much for one query. Ask for less at a time, or use sqlite3; if it was \
                    a simple one, the file is damaged or malicious.
                    """, cause: .sqlite(SQLITE_INTERRUPT))
        }
        var words = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
        var system = handle.map { sqlite3_system_errno($0) } ?? 0
        let primary = code & 0xff
        // SQLite does not note the system's error of a statement that fails half-way.
        if system == 0, primary == SQLITE_IOERR, code != sqliteShortRead { system = lastFailure }
        if system != 0, primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN {
            words += " (\(String(cString: strerror(system))))"
        }
        let message = "Cannot \(doing) the run file \(path): \(words)."
        return RunFileError(kind: .init(sqlite: primary), message: message, cause: .sqlite(primary))
    }
}

/// `SQLITE_IOERR_SHORT_READ`, a macro that is not imported: the file ended early, no call of the system failed.
private let sqliteShortRead = SQLITE_IOERR | 2 << 8

extension RunFileError.Kind {
    /// The kind of one of SQLite's primary result codes.
    init(sqlite code: Int32) {
        switch code {
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT:
            self = .format
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_READONLY, SQLITE_PERM, SQLITE_BUSY, SQLITE_LOCKED,
            SQLITE_NOMEM, SQLITE_NOLFS, SQLITE_PROTOCOL:
            self = .io
        case SQLITE_MISUSE, SQLITE_RANGE:
            self = .misuse
        default:
            self = .sql
        }
    }
}
