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

    /// Whether the run file itself is.
    var isFileIntact: Bool { FileIdentity(of: location) == file }
}
