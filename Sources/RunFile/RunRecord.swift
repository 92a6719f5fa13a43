import Forks
import Kernels
import Sketches

/// A tensor of the run.
package struct TensorRecord: Sendable {
    package var id: Int
    package var name: String
    package var type: ElementType
    package var shape: [Int]
    package var frozen: Bool

    package init(id: Int, name: String, type: ElementType, shape: [Int], frozen: Bool) {
        self.id = id
        self.name = name
        self.type = type
        self.shape = shape
        self.frozen = frozen
    }
}

/// A union of tensors, which is a tensor of the run as well.
package struct GroupRecord: Sendable {
    package var tensor: TensorRecord
    package var name: String
    package var pattern: String
    /// Ids of tensors.
    package var members: [Int]

    package init(tensor: TensorRecord, name: String, pattern: String, members: [Int]) {
        self.tensor = tensor
        self.name = name
        self.pattern = pattern
        self.members = members
    }
}

/// What one look saw of one tensor.
package struct TensorLook: Sendable {
    package var tensor: Int
    package var sketch: Sketch
    /// Whether the sketch itself is written, or its statistics only.
    package var keepsSketch: Bool
    /// Which part of the tensor was read; nil for all of it.
    package var sample: BlockSample?
    /// The fork tests of this look; nil if there were none.
    package var modes: Modes?
    /// The branches being followed: those of `modes`, or older ones that have not died yet.
    package var branches: [Branch]
    package var events: [ForkEvent]
    /// What a resumed run goes on from after this look; nil if it need not.
    package var progress: TensorProgress?
    /// The values of the elements that are followed; nil if they are not written.
    package var path: [Float]?

    package init(
        tensor: Int, sketch: Sketch, keepsSketch: Bool, sample: BlockSample? = nil, modes: Modes?, branches: [Branch],
        events: [ForkEvent], progress: TensorProgress? = nil, path: [Float]? = nil
    ) {
        self.tensor = tensor
        self.sketch = sketch
        self.keepsSketch = keepsSketch
        self.sample = sample
        self.modes = modes
        self.branches = branches
        self.events = events
        self.progress = progress
        self.path = path
    }
}

/// How far a run has come with one tensor.
package struct TensorProgress: Sendable {
    /// Looks so far, for the spending of alpha.
    package var looks: Int
    /// 1, 2, … for a tensor that was registered after the first look; nil for the others.
    package var late: Int?
    /// The nonzero constant that the first look found everywhere.
    package var origin: Double?
    /// The last step at which all of the present branches were significant; nil if it is not forked.
    package var significant: Int?
    /// The last step at which it was surely of one mode; nil if it never was.
    package var quiet: Int?
    /// The last step at which all values were equal; nil if they never were.
    package var pointMass: Int?

    package init(looks: Int, late: Int?, origin: Double?, significant: Int? = nil, quiet: Int? = nil, pointMass: Int? = nil) {
        self.looks = looks
        self.late = late
        self.origin = origin
        self.significant = significant
        self.quiet = quiet
        self.pointMass = pointMass
    }
}

extension TensorLook {
    /// Σ|x| over the finite elements; of a sample, scaled up to all.
    package var l1: Double { sketch.l1 / (sample?.share ?? 1) }

    /// √Σx² over the finite elements; of a sample, scaled up to all.
    package var l2: Double { sketch.l2 / (sample?.share ?? 1).squareRoot() }
}

/// One batch of tensors at one step.
package struct LookRecord: Sendable {
    package var step: Int
    /// Seconds since 1970.
    package var time: Double
    /// Spent inside the library for this look, on the trainer's thread.
    package var seconds: Double
    /// Spent by the library's own threads while the trainer went on.
    package var overlapped: Double
    /// How many tensors the trainer handed over: more than were looked at if the budget did not allow for all.
    package var offered: Int
    package var tensors: [TensorLook]
    /// Looks at unions of tensors, as of these.
    package var groups: [TensorLook]

    package init(
        step: Int, time: Double, seconds: Double, overlapped: Double = 0, offered: Int? = nil, tensors: [TensorLook],
        groups: [TensorLook] = []
    ) {
        self.step = step
        self.time = time
        self.seconds = seconds
        self.overlapped = overlapped
        self.offered = offered ?? tensors.count
        self.tensors = tensors
        self.groups = groups
    }
}

/// One thing to be written, in the order it happened.
package enum RunRecord: Sendable {
    case tensor(TensorRecord)
    /// Replaces what was said of the group before.
    case group(GroupRecord)
    case look(LookRecord)
    /// Sketches of the look at `step` that were not kept when it was written: the last of a run.
    case sketches(step: Int, [(tensor: Int, sketch: Sketch)])
    /// The places of the elements of a tensor that are followed, ascending.
    case followed(tensor: Int, places: [Int])
    /// The values of those elements at `step`, if they were not kept when the look was written: the last of a run.
    case path(tensor: Int, step: Int, [Float])
    case metric(step: Int, name: String, value: Double, time: Double)
    case gap(name: String, reason: String)
    /// Something that happened to a tensor, found out after the look that is written last.
    case event(tensor: Int, ForkEvent)
    /// A step that was due but left out, to stay within the budget.
    case leftOut(step: Int)
    /// A look that was made but not kept, and why.
    case dropped(step: Int, reason: String)
    /// What follows replaces all that came after `step`.
    case rewind(step: Int, time: Double)
    /// A fact about the whole run, replaced if it is given again ("finished", "seconds_inside", …).
    case fact(key: String, value: String)
}
