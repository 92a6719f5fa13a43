import Glibc

/// A run file has one writer: a lock on a byte far beyond those that SQLite locks, held as long as this lives.
final class WriterLock {
    private let descriptor: Int32

    /// - Parameter location: an existing file.
    /// - Throws: `.io` if it cannot be written, or another process (or writer in this one) has the lock for 5 seconds.
    init(location: String, calledIn path: String) throws(RunFileError) {
        descriptor = open(location, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw RunFileError(kind: .io, message: "Cannot write to the run file \(path): \(String(cString: strerror(errno))).")
        }
        // A child of a killed trainer may hold on to its files for a moment.
        for attempt in 0...50 {
            if lock() { return }
            if attempt < 50 { usleep(100_000) }
        }
        Glibc.close(descriptor)
        throw RunFileError(
            kind: .io,
            message: "The run file \(path) is being written by another process: wait until it ends, or write another file.")
    }

    deinit { Glibc.close(descriptor) }

    /// False if it is taken. True as well where there are no locks.
    private func lock() -> Bool {
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = 1 << 40
        lock.l_len = 1
        #if os(Linux)
            // A lock of the open file, so that no other part of the process can drop it.
            let setLock: Int32 = 37  // F_OFD_SETLK
        #else
            let setLock = F_SETLK
        #endif
        return fcntl(descriptor, setLock, &lock) == 0 || (errno != EAGAIN && errno != EACCES)
    }
}
