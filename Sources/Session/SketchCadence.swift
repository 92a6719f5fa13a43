import RunFile

/// Which looks keep their sketches in the run file, besides their statistics: all up to step 64, then the first in each 1/64 of a
/// doubling of the step.
///
/// A sketch takes kilobytes where statistics take a hundred bytes. A run of N steps keeps at most 64 (1 + log₂(N/64)) of them.
struct SketchCadence {
    /// What the run file says of it.
    static let policy = "every look up to step 64, then the first look in each 1/64 of a doubling of the step; and the last"

    private let grid: StepGrid
    private var lastKept: Int?

    init(cellsPerDoubling: Int = 64, lastKept: Int? = nil) {
        grid = StepGrid(cellsPerDoubling: cellsPerDoubling)
        self.lastKept = lastKept
    }

    /// Whether the look at `step` keeps its sketches. Looks at one step agree.
    mutating func keeps(step: Int) -> Bool {
        if let lastKept, step > lastKept, grid.cell(of: step) == grid.cell(of: lastKept) { return false }
        lastKept = step
        return true
    }

    /// After a rewind: what came later is as if it had not been kept.
    mutating func rewind(to step: Int) {
        if let kept = lastKept, kept > step { lastKept = step }
    }
}
