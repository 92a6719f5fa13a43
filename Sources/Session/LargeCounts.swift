import Kernels

/// What several threads count of large tensors.
final class LargeCounts: @unchecked Sendable {
    private let readings: [Reading]
    private let lock = Lock()
    private var counts: [ReadCounts]

    init(_ readings: [Reading]) {
        self.readings = readings
        counts = Array(repeating: ReadCounts(), count: readings.count)
    }

    subscript(tensor: Int) -> ReadCounts { lock.withLock { counts[tensor] } }

    /// Adds what one thread has counted.
    func take(_ tensor: Int, from scratch: Scratch) {
        let taken = scratch.takeCounts(readings[tensor])
        lock.withLock { counts[tensor].merge(taken) }
    }
}
