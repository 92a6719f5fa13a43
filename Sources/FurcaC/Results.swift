import CFurca
import Forks
import Session
import Sketches

// What Swift hands out, as C structs.

/// Writes text as furca.h says: at most `capacity` bytes with a final NUL, and its full length.
func write(
    _ text: String, to buffer: UnsafeMutablePointer<CChar>?, capacity: Int, length: UnsafeMutablePointer<Int>?
) throws(SessionError) {
    let length = try required(length, "length")
    let room = try room(buffer, capacity: capacity, "buffer")
    let bytes = Array(text.utf8)
    length.pointee = bytes.count
    guard !room.isEmpty else { return }
    var end = min(bytes.count, room.count - 1)
    // Never half a character.
    while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    for index in 0..<end { room[index] = CChar(bitPattern: bytes[index]) }
    room[end] = 0
}

/// Writes as many entries as there is room for.
func write<Value, Element>(
    _ values: [Value], to room: UnsafeMutableBufferPointer<Element>, _ convert: (Value) -> Element
) {
    for (index, value) in values.prefix(room.count).enumerated() { room[index] = convert(value) }
}

extension furca_branch {
    init(_ branch: Branch) {
        self.init(position: branch.position, mass: branch.mass, lower: branch.lower, upper: branch.upper)
    }
}

extension furca_atom {
    init(_ atom: Atom) {
        self.init(value: atom.value, mass: atom.mass)
    }
}

extension furca_stats {
    /// - Parameter sample: which part of the tensor the sketch is of; nil for all.
    init(_ sketch: Sketch, step: Int, sample: BlockSample? = nil) {
        self.init()
        exact = sketch.exactValues == nil ? 0 : 1
        self.step = Int64(step)
        count = sketch.count
        nan = sketch.nan
        pos_inf = sketch.positiveInfinity
        neg_inf = sketch.negativeInfinity
        zeros = sketch.zeros
        subnormals = sketch.subnormals
        self.min = sketch.min
        self.max = sketch.max
        mean = sketch.moments.count == 0 ? .nan : sketch.moments.mean
        std = sketch.moments.standardDeviation
        skewness = sketch.moments.skewness
        kurtosis = sketch.moments.excessKurtosis
        // Nothing is computed with values of a whole tensor here, where a host may flush subnormals to zero.
        l1 = sample.map { sketch.l1 / $0.share } ?? sketch.l1
        l2 = sample.map { sketch.l2 / $0.share.squareRoot() } ?? sketch.l2
        sampled = sample?.share ?? 1
        mean_se = sample?.meanError ?? 0
        std_se = sample?.standardDeviationError ?? 0
        kurtosis_se = sample?.kurtosisError ?? 0
        counted = sketch.countedShare
    }
}
