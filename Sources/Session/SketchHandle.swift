import Forks
import Glibc
import Kernels
import Sketches

/// A sketch that a caller holds: calls on it from several threads wait for each other.
package final class SketchHandle: @unchecked Sendable {
    private let owner = getpid()
    private let lock = Lock()
    private var sketch: Sketch
    /// See `Reading.countsOneIn`.
    private let countsOneIn: Int

    package init(_ sketch: Sketch, countsOneIn: Int = 1) throws(SessionError) {
        try ScratchPool.shared.reserve()
        self.sketch = sketch
        self.countsOneIn = countsOneIn
    }

    package convenience init(exactLimit: Int, countsOneIn: Int = 1) throws(SessionError) {
        try checkExactLimit(exactLimit)
        if countsOneIn > 1024 {
            throw SessionError(
                .argument, "counts_one_in is \(countsOneIn), but must be from 0 or 1 (all blocks) to 1024, for example 8.")
        }
        try self.init(Sketch(exactLimit: exactLimit), countsOneIn: max(1, countsOneIn))
    }

    package convenience init(serialized bytes: UnsafeRawBufferPointer) throws(SessionError) {
        let sketch: Sketch
        do throws(SketchFormatError) {
            sketch = try Sketch(serialized: bytes)
        } catch {
            switch error {
            case .notASketch(let reason):
                throw SessionError(.format, "These \(bytes.count) bytes are not a sketch: \(reason).")
            case .newerVersion(let version):
                throw SessionError(
                    .version, "The sketch has format version \(version), newer than this library: update furca.")
            }
        }
        try self.init(sketch)
    }

    /// The sketch as it is now: a value, which later updates do not change.
    package var value: Sketch {
        get throws(SessionError) {
            try refuseUse(of: "sketch", ownedBy: owner)
            return lock.withLock { sketch }
        }
    }

    package func update(_ buffer: ElementBuffer) throws(SessionError) {
        try refuseUse(of: "sketch", ownedBy: owner)
        ScratchPool.shared.withScratch { scratch in
            lock.withLock { sketch.update(buffer, countsOneIn: countsOneIn, scratch: scratch) }
        }
    }

    package func merge(_ other: SketchHandle) throws(SessionError) {
        // A copy first, so that two threads merging each other's sketches never wait for one another.
        let other = try other.value
        try refuseUse(of: "sketch", ownedBy: owner)
        try lock.withLock { () throws(SessionError) in
            // What the format can hold; only forged bytes have such counts.
            if sketch.count + other.count >= 1 << 60 {
                throw SessionError(
                    .merge, "Sketches of \(sketch.count) and \(other.count) values cannot be merged: 2^60 is the limit.")
            }
            sketch.merge(other)
        }
    }
}
