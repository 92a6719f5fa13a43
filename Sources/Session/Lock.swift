import Glibc

/// A mutual-exclusion lock with a condition to wait on.
///
/// pthreads rather than the standard library's mutex: sanitizers know them, and a forked child can make one afresh.
final class Lock: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        makeAfresh()
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Forgets who held the lock. For the child of a `fork()`, where that thread no longer exists.
    func makeAfresh() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // Timed waits must not be stretched or cut short when someone sets the clock.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    func withLock<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// For `fork()` handlers alone, which must hold a lock from one function to another.
    func lock() {
        pthread_mutex_lock(mutex)
    }

    /// Ends `lock()`.
    func unlock() {
        pthread_mutex_unlock(mutex)
    }

    /// Waits, inside `withLock`, for `wakeAll`.
    func wait() {
        pthread_cond_wait(condition, mutex)
    }

    /// Waits, inside `withLock`, for `wakeAll` or until `Clock.monotonic()` reaches `deadline`. False once it has.
    func wait(until deadline: Double) -> Bool {
        var time = timespec()
        time.tv_sec = Int(deadline)
        time.tv_nsec = Int((deadline - deadline.rounded(.down)) * 1e9)
        return pthread_cond_timedwait(condition, mutex, &time) == 0
    }

    func wakeAll() {
        pthread_cond_broadcast(condition)
    }
}
