import Forks
import Kernels
import Sketches

/// A union of tensors that is looked at like one tensor.
///
/// It is judged on the elements of its members that are followed, each member standardised: see `standardised`. A member that is
/// a point mass has no scale and is left out; if all are, the group is a point mass too.
struct TensorGroup: Sendable {
    /// A look at a group holds at most so many values: even shares of its members' samples.
    static let mostValues = 1 << 16

    let name: String
    let pattern: NamePattern
    /// Its number among the tensors.
    let tensor: Int
    /// The tensors whose names match, of the first `known` that were registered.
    private(set) var matching: [Int] = []
    private var known = 0
    /// The step of a look that waits for members that have not been seen at it yet.
    var pending: Int?
    /// As the run file has them.
    var writtenMembers: [Int]?
    /// Constant members that the user has been told of.
    var toldConstant: Set<Int> = []

    init(name: String, pattern: String, tensor: Int) {
        self.name = name
        self.pattern = NamePattern(pattern)
        self.tensor = tensor
    }

    static func tensorName(of group: String) -> String { "group:" + group }

    /// Takes in tensors that were registered since.
    mutating func match(_ tensors: [TensorState]) {
        for id in known..<max(known, tensors.count) where !tensors[id].isGroup && pattern.matches(tensors[id].record.name) {
            matching.append(id)
        }
        known = tensors.count
    }
}

/// What a group is judged on at one look.
struct GroupValues {
    /// In standard deviations; all 0 if all members are constant.
    private(set) var values: [Float] = []
    /// Members that have a scale, and those that have none.
    private(set) var members: [Int] = []
    private(set) var constant: [Int] = []
    /// The last step at which a member was constant that no longer is.
    private(set) var pointMass: Int?

    init(_ states: [TensorState], seed: UInt64) {
        let share = max(1, TensorGroup.mostValues / max(1, states.count))
        var taken = 0
        for state in states {
            guard let sketch = state.sketch, let paths = state.paths, paths.step != nil else { continue }
            let all = paths.elements.places.count
            if all == 0 { continue }
            let chosen = min(all, share)
            taken += chosen
            // Evenly over the sample, which is in the order of places.
            let picked = (0..<chosen).map { $0 * all / chosen }
            let places = paths.elements.places
            let sample = paths.withValues { values in picked.map { values[$0] } }
            let values = standardised(sample, of: sketch) { index in
                var random = SplitMix(state: seed ^ UInt64(state.record.id) << 40 ^ UInt64(places[picked[index]]))
                return Double(random.next() >> 11) * 0x1p-53
            }
            if let values {
                self.values += values
                members.append(state.record.id)
                if let step = state.tracker.pointMass { pointMass = max(pointMass ?? step, step) }
            } else if sketch.finiteCount > 0 {
                constant.append(state.record.id)
            }
        }
        if members.isEmpty && !constant.isEmpty { values = [Float](repeating: 0, count: taken) }
    }
}
