import Forks
import RunFile

/// Where the elements of a tensor that are followed are, as of the latest look.
struct ElementPaths: Sendable {
    /// Looks of which the run file keeps paths: every fourth of those of which it keeps sketches.
    static let cellsPerDoubling = 16

    let elements: FollowedElements
    private(set) var step: Int?
    /// Of the tensor at that look.
    private(set) var branches: [Branch] = []
    /// From the look before to this one.
    private(set) var churn = Double.nan
    private var cadence: SketchCadence
    private let rooms: PathRooms
    private var isInSecond = false

    init(_ elements: FollowedElements, lastKept: Int? = nil) {
        self.elements = elements
        cadence = SketchCadence(cellsPerDoubling: Self.cellsPerDoubling, lastKept: lastKept)
        rooms = PathRooms(count: elements.places.count)
    }

    /// The values at that look, for the length of the call; none before the first.
    func withValues<Result>(_ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
        withExtendedLifetime(rooms) {
            body(UnsafeBufferPointer(rebasing: (isInSecond ? rooms.second : rooms.first).prefix(step == nil ? 0 : .max)))
        }
    }

    var values: [Float] { withValues(Array.init) }

    /// Goes on to the next look.
    ///
    /// - Parameter read: writes the values.
    /// - Returns: whether the run file keeps it, whatever happened.
    mutating func move(
        step: Int, branches: [Branch], read: (UnsafeMutableBufferPointer<Float>) -> Void
    ) -> Bool {
        let before = self
        isInSecond.toggle()
        read(isInSecond ? rooms.second : rooms.first)
        self.step = step
        self.branches = branches
        churn = .nan
        if before.branches.count > 1 && branches.count > 1 {
            churn = before.withValues { old in
                withValues { Churn.share(from: old, in: before.branches, to: $0, in: branches) }
            }
        }
        return cadence.keeps(step: step)
    }

    /// After a rewind: what was seen is no longer part of the run.
    mutating func rewind(to step: Int) {
        cadence.rewind(to: step)
        self.step = nil
        branches = []
        churn = .nan
    }
}

/// Room for a tensor's paths at the latest look, which queries see, and at the one that is being read, in turn: so that a look
/// allocates nothing. All copies of a tensor's state share them. They change roles when a look is published, under the
/// session's lock; what is read under it is copied under it.
private final class PathRooms: @unchecked Sendable {
    let first: UnsafeMutableBufferPointer<Float>
    let second: UnsafeMutableBufferPointer<Float>

    init(count: Int) {
        let both = UnsafeMutableBufferPointer<Float>.allocate(capacity: 2 * count)
        both.initialize(repeating: .nan)
        first = UnsafeMutableBufferPointer(rebasing: both[..<count])
        second = UnsafeMutableBufferPointer(rebasing: both[count...])
    }

    deinit { first.baseAddress?.deallocate() }
}
