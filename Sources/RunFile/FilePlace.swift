import CSQLite
import Glibc

/// Where a writer's files are, and whether they are still those that it writes.
///
/// A file that is removed or replaced while it is open can be written on, but nobody else will ever find it.
final class FilePlace {
    /// An absolute path.
    let location: String
    /// Held as long as the file is written.
    private let lock: WriterLock
    private let file: FileIdentity?
    private var log: FileIdentity?

    /// The place of a file that has just been opened.
    init(location: String, lock: WriterLock) {
        self.location = location
        self.lock = lock
        file = FileIdentity(of: location)
    }

    /// Whether the run file and its write-ahead log are where and what they were.
    var isIntact: Bool {
        guard isFileIntact else { return false }
        let found = FileIdentity(of: location + "-wal")
        // The log appears with the first transaction and then stays.
        if log == nil { log = found }
        return log == found
    }

    /// Throws if the files have been made read-only, or their file system has, while they are open.
    ///
    /// SQLite would notice when it writes to the file or its log, but not to the index of the log, which is mapped into memory: there
    /// the process would get SIGBUS.
    func refuseIfReadOnly(calledIn path: String) throws(RunFileError) {
        for suffix in ["", "-wal", "-shm"] {
            let reason = furca_is_read_only(location + suffix)
            if reason != 0 {
                throw RunFileError(
                    kind: .io,
                    message: "Cannot write to the run file \(path): \(path)\(suffix) is read-only now (\(String(cString: strerror(reason)))).")
            }
        }
    }

    /// Whether the run file itself is.
    var isFileIntact: Bool { FileIdentity(of: location) == file }
}
