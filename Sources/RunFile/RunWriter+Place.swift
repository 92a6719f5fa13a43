import CSQLite
import Glibc

/// A run file that is taken away while it is written is written anew.
extension RunWriter {
    /// Whether others find under the run's path what is being written. Costs two calls of `stat`.
    package var isInPlace: Bool { connection?.place.isIntact ?? true }

    /// Writes all that the run has had so far, and all that comes, to its path again, or beside it if something else is there now.
    ///
    /// The open files are complete, even if they have no name any more.
    /// - Throws: `.io` if that is not possible; nothing has changed then, and it can be tried again.
    package func writeAnew() throws(RunFileError) {
        guard let old = connection else { return }
        let location = old.place.location
        try RunPath.makeDirectories(above: location)
        let isReplacing = old.place.isFileIntact
        let target = isReplacing ? location : freeLocation(for: location)
        let copy = location + ".anew"
        unlink(copy)
        let renewed: Connection
        do throws(RunFileError) {
            if old.database.isInTransaction { try old.database.execute("rollback", doing: "copy") }
            let statement = try Statement("vacuum into ?", in: old.database, doing: "copy")
            try statement.run([.text(copy)])
            // They belong to a database that nobody can reach any more.
            for suffix in ["-wal", "-shm"] { unlink(target + suffix) }
            guard rename(copy, target) == 0 else {
                throw RunFileError(
                    kind: .io, message: "Cannot write the run file \(target) anew: \(String(cString: strerror(errno))).")
            }
            let lock = try WriterLock(location: target, calledIn: target)
            let database = try Self.openDatabase(at: target, calledIn: target)
            _ = try database.settle(sharedFileSystem == nil ? .writeAhead : .rollback)
            renewed = Connection(
                database: database, statements: try WriterStatements(database),
                place: FilePlace(location: target, lock: lock))
        } catch {
            unlink(copy)
            throw error
        }
        if target != location { path = target }
        connection = renewed
        // Closing must not touch the new file's log, which has the old one's name.
        old.database.leaveSideFiles()
        old.database.close()
    }

    /// The place itself if nothing is there. Side files alone are leftovers of the file that was removed.
    private func freeLocation(for location: String) -> String {
        FileIdentity(of: location) == nil ? location : freeSibling(of: location)
    }
}
