/// Working memory of one reader: dense counters that a pass fills and leaves empty again. Not to be shared between threads.
package final class Scratch {
    /// One counter per code; all zero between passes.
    let counters: UnsafeMutablePointer<UInt32>

    /// The same for values from which the origin was subtracted.
    let centredCounters: UnsafeMutablePointer<UInt32>

    /// Room for the finite values of a block.
    let values: UnsafeMutablePointer<Double>

    /// Elements per block: a block and the counters it touches fit into the first-level cache.
    static let blockLength = 4096

    package init() {
        counters = .allocate(capacity: Code.count)
        counters.initialize(repeating: 0, count: Code.count)
        centredCounters = .allocate(capacity: Code.count)
        centredCounters.initialize(repeating: 0, count: Code.count)
        values = .allocate(capacity: Scratch.blockLength)
        values.initialize(repeating: 0, count: Scratch.blockLength)
    }

    deinit {
        counters.deallocate()
        centredCounters.deallocate()
        values.deallocate()
    }
}
