import Glibc

/// One thread of the library's own that does one piece of work at a time while the caller goes on.
///
/// It is started with the first piece of work, sleeps between them, and ends with `close`.
final class Background: @unchecked Sendable {
    private let lock = Lock()
    private var thread: pthread_t?
    private var work: (() -> Void)?
    private var isBusy = false
    private var isClosing = false

    /// Hands over work and returns at once. The one before must be done: see `wait`.
    ///
    /// If the system gives no thread, the work is done before this returns.
    func start(_ work: @escaping () -> Void) {
        let isHandedOver: Bool = lock.withLock {
            guard hasThread() else { return false }
            self.work = work
            isBusy = true
            lock.wakeAll()
            return true
        }
        if !isHandedOver { work() }
    }

    /// Returns when the work that was handed over is done.
    func wait() {
        lock.withLock {
            while isBusy { lock.wait() }
        }
    }

    /// Waits for the work and ends the thread.
    func close() {
        lock.withLock {
            isClosing = true
            lock.wakeAll()
        }
        if let thread { pthread_join(thread, nil) }
        thread = nil
    }

    private func hasThread() -> Bool {
        if thread != nil { return true }
        let context = Unmanaged.passRetained(self)
        thread = startThread({ Unmanaged<Background>.fromOpaque($0).takeRetainedValue().run() }, context.toOpaque())
        if thread == nil { context.release() }
        return thread != nil
    }

    private func run() {
        while let work = nextWork() {
            work()
            lock.withLock {
                isBusy = false
                lock.wakeAll()
            }
        }
    }

    /// Waits for work; nil once there is none left and `close` was called.
    private func nextWork() -> (() -> Void)? {
        lock.withLock {
            while work == nil && !isClosing { lock.wait() }
            defer { work = nil }
            return work
        }
    }
}
