import Glibc
import RunFile

/// A run file that a caller reads, and the queries on it: SQLite's connection serves one thread at a time.
package final class RunHandle: @unchecked Sendable {
    fileprivate let owner = getpid()
    fileprivate let lock = Lock()
    private let reader: RunReader
    private var isClosed = false

    package init(path: String) throws(SessionError) {
        do throws(RunFileError) {
            reader = try RunReader(path: path)
        } catch {
            throw SessionError(error)
        }
    }

    package func query(_ sql: String, _ parameters: [SQLValue]) throws(SessionError) -> RowsHandle {
        try refuseUse(of: "run", ownedBy: owner)
        return try lock.withLock { () throws(SessionError) in
            if isClosed { throw SessionError(.handle, "The run is closed.") }
            do throws(RunFileError) {
                return RowsHandle(try reader.query(sql, parameters), of: self)
            } catch {
                throw SessionError(error)
            }
        }
    }

    /// The elements of a tensor that were followed, and where they were.
    package func paths(of tensor: String) throws(SessionError) -> RunPaths {
        try refuseUse(of: "run", ownedBy: owner)
        return try lock.withLock { () throws(SessionError) in
            if isClosed { throw SessionError(.handle, "The run is closed.") }
            do {
                return try reader.paths(of: tensor).get()
            } catch let none as RunReader.NoPaths {
                throw SessionError(none.isUnknown ? .unknown : .empty, "\"\(tensor)\" has no paths: \(none.reason).")
            } catch let error as RunFileError {
                throw SessionError(error)
            } catch {
                throw SessionError(.io, "The paths of \"\(tensor)\" cannot be read: \(error).")
            }
        }
    }

    /// Ends every query and closes the file.
    package func close() throws(SessionError) {
        try refuseUse(of: "run", ownedBy: owner)
        lock.withLock {
            isClosed = true
            reader.close()
        }
    }
}

/// The rows of one query.
package final class RowsHandle: @unchecked Sendable {
    private let run: RunHandle
    private let rows: RunRows
    package let columns: [String]
    /// The same, NUL-terminated, for as long as this object lives.
    package let columnNames: [UnsafePointer<CChar>]

    fileprivate init(_ rows: RunRows, of run: RunHandle) {
        self.rows = rows
        self.run = run
        columns = rows.columns
        columnNames = rows.columns.compactMap { UnsafePointer(strdup($0)) }
    }

    deinit {
        for name in columnNames { free(UnsafeMutablePointer(mutating: name)) }
    }

    /// Throws in a child process of the one that opened the run.
    package func refuseInChild() throws(SessionError) {
        try refuseUse(of: "run", ownedBy: run.owner)
    }

    /// Runs `body` with the rows, while no other thread uses the run.
    package func use<Result>(_ body: (RunRows) throws(RunFileError) -> Result) throws(SessionError) -> Result {
        try refuseInChild()
        return try run.lock.withLock { () throws(SessionError) in
            do throws(RunFileError) {
                return try body(rows)
            } catch {
                throw SessionError(error)
            }
        }
    }
}
