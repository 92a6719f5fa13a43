import Forks
import RunFile

/// Where the elements of a tensor that are followed are, as of the latest look.
struct ElementPaths: Sendable {
    /// Looks of which the run file keeps paths: every fourth of those of which it keeps sketches.
    static let cellsPerDoubling = 16

    let elements: FollowedElements
    private(set) var step: Int?
    private(set) var values: [Float] = []
    /// Of the tensor at that look.
    private(set) var branches: [Branch] = []
    /// From the look before to this one.
    private(set) var churn = Double.nan
    private var cadence: SketchCadence

    init(_ elements: FollowedElements, lastKept: Int? = nil) {
        self.elements = elements
        cadence = SketchCadence(cellsPerDoubling: Self.cellsPerDoubling, lastKept: lastKept)
    }

    /// Goes on to the next look. Returns whether the run file keeps it, whatever happened.
    mutating func move(to values: [Float], branches: [Branch], step: Int) -> Bool {
        churn =
            self.branches.count > 1 && branches.count > 1
            ? Churn.share(from: self.values, in: self.branches, to: values, in: branches) : .nan
        self.values = values
        self.branches = branches
        self.step = step
        return cadence.keeps(step: step)
    }

    /// After a rewind: what was seen is no longer part of the run.
    mutating func rewind(to step: Int) {
        cadence.rewind(to: step)
        self.step = nil
        values = []
        branches = []
        churn = .nan
    }
}
