import Glibc
import Kernels

/// Working memory for passes over buffers: one `Scratch` per thread that is reading right now, kept for the next.
final class ScratchPool: @unchecked Sendable {
    static let shared = ScratchPool()

    let lock = Lock()
    private var idle: [Scratch] = []
    /// Whether one has been made: then there is always one, idle or in use.
    private var hasAny = false

    /// Sees to it that there is memory to work with, now that a call can still be refused.
    /// - Throws: `.capacity` if the system gives none.
    func reserve() throws(SessionError) {
        if lock.withLock({ hasAny }) { return }
        guard let scratch = Scratch.make() else {
            throw SessionError(.capacity, "There is no memory for the tables that buffers are counted in, 4 MiB.")
        }
        lock.withLock {
            hasAny = true
            idle.append(scratch)
        }
    }

    func withScratch<Result>(_ body: (Scratch) -> Result) -> Result {
        let scratch = takeScratch()
        defer {
            lock.withLock {
                if idle.count < 4 { idle.append(scratch) }
            }
        }
        return body(scratch)
    }

    /// After a fork: threads that had some are not in the child.
    func startAnewInChild() {
        lock.makeAfresh()
        hasAny = !idle.isEmpty
    }

    private func takeScratch() -> Scratch {
        while true {
            if let scratch = lock.withLock({ idle.popLast() }) ?? Scratch.make() { return scratch }
            // Some other thread has one and will put it back: `reserve` has seen to that.
            usleep(1000)
        }
    }
}
