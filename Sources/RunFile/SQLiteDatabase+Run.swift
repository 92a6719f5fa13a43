import CSQLite
import Glibc

/// Opening a run for reading, wherever it lies.
extension SQLiteDatabase {
    /// Opens a run file so that nothing can be changed through it.
    ///
    /// A file that was copied or killed in WAL mode needs shared memory (`-shm`) beside it, which cannot be made in a
    /// directory that cannot be written. No shared memory means no live writer, so the file is then read without.
    /// - Parameter operations: of SQLite's machine, that the connection may do; nil for what a file of its size may need.
    /// - Throws: `.io`, `.format`, `.newerVersion`.
    static func openRun(
        at location: String, calledIn path: String, operations: Int? = nil
    ) throws(RunFileError) -> SQLiteDatabase {
        if RunPath.isDirectory(location) {
            throw RunFileError(kind: .io, message: "Cannot open the run file \(path): it is a directory.")
        }
        let operations = operations ?? Self.operations(
            forFileOfSize: (RunPath.size(of: location) ?? 0) + (RunPath.size(of: location + "-wal") ?? 0))
        do throws(RunFileError) {
            // Whoever may not write to the index of the log cannot use it, and would get SIGBUS if it were mapped in this process already.
            let isIndexFixed = furca_is_read_only(location + "-shm") == EPERM
            return try openRun(at: location, calledIn: path, as: isIndexFixed ? .alone : .usual, operations: operations)
        } catch {
            if error.cause == .sqlite(SQLITE_READONLY), RunPath.size(of: location + "-journal") != nil {
                // A writer with a rollback journal was killed in the middle of a batch, which has to be taken back first.
                let database = try SQLiteDatabase(
                    location, calledIn: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX)
                try database.distrust()
                _ = try database.integer("select count(*) from sqlite_schema")
                database.close()
                return try openRun(at: location, calledIn: path, as: .usual, operations: operations)
            }
            guard [.sqlite(SQLITE_CANTOPEN), .sqlite(SQLITE_READONLY)].contains(error.cause),
                RunPath.size(of: location + "-shm") == nil, RunPath.size(of: location + "-journal") == nil
            else { throw error }
            let way: Way = RunPath.size(of: location + "-wal") ?? 0 == 0 ? .immutable : .alone
            // The first error is the one that people can do something about.
            guard let database = try? openRun(at: location, calledIn: path, as: way, operations: operations) else { throw error }
            return database
        }
    }

    private enum Way {
        /// With the locks and the shared memory that live files need.
        case usual
        /// A file with no WAL that nobody writes.
        case immutable
        /// A file with a WAL that nobody writes: its index is kept in this process.
        case alone
    }

    private static func openRun(
        at location: String, calledIn path: String, as way: Way, operations: Int
    ) throws(RunFileError) -> SQLiteDatabase {
        let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX
        let database =
            switch way {
            case .usual:
                try SQLiteDatabase(location, calledIn: path, flags: flags)
            case .immutable:
                try SQLiteDatabase(
                    "file:\(percentEncoded(location))?immutable=1", calledIn: path, flags: flags | SQLITE_OPEN_URI)
            case .alone:
                try SQLiteDatabase(location, calledIn: path, flags: flags, vfs: "unix-none")
            }
        database.limit(operations: operations)
        if way == .alone { try database.execute("pragma locking_mode = exclusive", doing: "open") }
        try database.checkFormat()
        try database.execute("pragma query_only = on", doing: "open")
        try database.distrust()
        return database
    }

    /// A run file may come from anywhere: its views get no powers, and its triggers do nothing.
    func distrust() throws(RunFileError) {
        try execute("pragma trusted_schema = off; pragma cell_size_check = on", doing: "open")
        furca_ignore_triggers(handle)
    }

    /// Whether this is a run file, of a format this library knows.
    private func checkFormat() throws(RunFileError) {
        let application = try value(of: "pragma application_id", doing: "open")
        guard application == .integer(Schema.applicationID) else {
            let size = RunPath.size(of: path)
            throw RunFileError(
                kind: .format,
                message: size == 0
                    ? "\(path) is empty: no run file, or not yet."
                    : "\(path) is an SQLite file, but not a run file of furca.")
        }
        guard case .integer(let version) = try value(of: "pragma user_version", doing: "open"), version > 0 else {
            throw RunFileError(kind: .format, message: "\(path) is a damaged run file: it has no format version.")
        }
        if version > Schema.version {
            throw RunFileError(
                kind: .newerVersion,
                message: """
                    The run file \(path) has format version \(version); this library reads up to \(Schema.version). \
                    Update furca to read it.
                    """)
        }
    }

    /// A path as it stands in a URI.
    private static func percentEncoded(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var encoded = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return encoded
    }
}
