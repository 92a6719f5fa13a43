import CSQLite

/// A run file may come from anywhere, and what a query of it costs is then its author's choice: a view without end, pages that lead
/// to each other. So what one connection may do is limited.
extension SQLiteDatabase {
    /// What SQLite's machine may do for one query before it is ended, in operations: some seconds' work, and of a large file more. Each
    /// row of statistics takes 200 bytes of the file and some sixty operations to read.
    static func operations(forFileOfSize bytes: Int) -> Int { 300_000_000 + 2 * min(bytes, 1 << 60) }

    private static let operationsBetweenCounts: Int32 = 100_000
    /// Bytes of the longest text or blob that a query may make.
    private static let longestValue: Int32 = 1 << 28

    /// Ends what runs on this connection after so many operations in all, and refuses to attach other files.
    func limit(operations: Int) {
        remainingCounts = operations / Int(Self.operationsBetweenCounts)
        sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
        sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Self.longestValue)
        let database = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_progress_handler(
            handle, Self.operationsBetweenCounts,
            { database in
                guard let database else { return 0 }
                let limited = Unmanaged<SQLiteDatabase>.fromOpaque(database).takeUnretainedValue()
                limited.remainingCounts -= 1
                return limited.remainingCounts < 0 ? 1 : 0
            }, database)
    }

    /// Whether what ran on this connection was ended for having done too much.
    var hasReachedItsLimit: Bool { remainingCounts < 0 }
}
