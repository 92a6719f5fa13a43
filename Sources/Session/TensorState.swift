import Forks
import RunFile
import Sketches

/// What a session knows of one tensor.
struct TensorState {
    let record: TensorRecord
    /// Elements, the product of the shape.
    let elementCount: Int
    /// 1, 2, … for a tensor that was registered after the first look; nil for the others.
    let late: Int?

    /// The latest look; nil before the first.
    var sketch: Sketch?
    /// Which part of the tensor the latest look read; nil for all of it.
    var sample: BlockSample?
    /// Whether any look read a part only.
    var wasSampled = false
    var step: Int?
    /// The nonzero constant that the first look found everywhere: a gain of 1, say.
    var origin: Double?
    /// Looks so far, for the spending of alpha.
    var looks = 0
    var tracker = ForkTracker()
    /// Whether its shape is left untested, see `Session.exempt`.
    var isExempt = false
    /// Of an exempt tensor: whether it has had a NaN or an infinity.
    var hasBeenNonfinite = false
    var cadence = SketchCadence()
    /// nil if none of its elements are followed.
    var paths: ElementPaths?
    /// Looks of this session at them.
    var pathLooks = 0
    /// Of a group: which names its members have; nil for a tensor.
    var members: NamePattern?
    var isGroup: Bool { members != nil }

    init(record: TensorRecord, elementCount: Int, late: Int?, paths: ElementPaths? = nil) {
        self.record = record
        self.elementCount = elementCount
        self.late = late
        self.paths = paths
    }
}

/// An event and the tensor it happened to.
package struct SessionEvent: Sendable {
    package let tensor: Int
    package let event: ForkEvent
    /// One line for a person.
    package let text: String
    /// Whether a rewind has gone back behind it.
    var isSuperseded = false
}
