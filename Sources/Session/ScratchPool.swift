import Kernels

/// Working memory for passes over buffers: one `Scratch` per thread that is reading right now, kept for the next.
final class ScratchPool: @unchecked Sendable {
    static let shared = ScratchPool()

    let lock = Lock()
    private var idle: [Scratch] = []

    func withScratch<Result>(_ body: (Scratch) -> Result) -> Result {
        let scratch = lock.withLock { idle.popLast() } ?? Scratch()
        defer {
            lock.withLock {
                if idle.count < 4 { idle.append(scratch) }
            }
        }
        return body(scratch)
    }
}
