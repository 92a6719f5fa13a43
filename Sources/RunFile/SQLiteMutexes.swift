import CSQLite
import Glibc

/// SQLite's global locks, held across a `fork()`: the child, where no other thread goes on, must not find one taken, or the
/// first file it opens would wait for ever.
enum SQLiteMutexes {
    /// Sees to it that every later `fork()` holds them. Once per process.
    static let areHeldAcrossForks: Void = {
        // Made here, not first in the middle of a fork.
        _ = all
        pthread_atfork(
            { all.forEach(sqlite3_mutex_enter) }, { all.forEach(sqlite3_mutex_leave) }, { all.forEach(sqlite3_mutex_leave) })
    }()

    /// Outer ones first: SQLite takes those of its caches and of its memory while it holds others.
    nonisolated(unsafe) private static let all: [OpaquePointer] = [
        SQLITE_MUTEX_STATIC_MASTER, SQLITE_MUTEX_STATIC_OPEN, SQLITE_MUTEX_STATIC_VFS1, SQLITE_MUTEX_STATIC_VFS2,
        SQLITE_MUTEX_STATIC_VFS3, SQLITE_MUTEX_STATIC_APP1, SQLITE_MUTEX_STATIC_APP2, SQLITE_MUTEX_STATIC_APP3,
        SQLITE_MUTEX_STATIC_LRU, SQLITE_MUTEX_STATIC_PMEM, SQLITE_MUTEX_STATIC_PRNG, SQLITE_MUTEX_STATIC_MEM,
    ].compactMap { sqlite3_mutex_alloc($0) }
}
