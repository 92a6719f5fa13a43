/// How a run file stays below a size, however long the run grows: old looks are thinned, on a logarithmic axis of steps.
///
/// Whenever the file would outgrow its limit the level goes up by one, until there is room:
///
/// | level | sketches kept per doubling of the step | statistics, branches and metrics kept |
/// | --- | --- | --- |
/// | 0 | 64 | all |
/// | 1, 2, 3 | 32, 16, 8 | all |
/// | 4, 5, 6, 7 | 8 | 1024, 512, 256, 128 |
/// | 8, 9, 10 | 4, 2, 1 | 64, 32, 16 |
/// | 11, 12, 13, 14 | 1 | 8, 4, 2, 1 |
///
/// Of each cell of the grid (see `StepGrid`) a tensor keeps its first look, a metric its first value. The last look stays, and so does
/// every look with an event, with all it has of the tensor it happened to. Events never go.
struct Thinning {
    /// Bytes; 0 for no limit.
    let maximumSize: Int
    private(set) var level: Int

    init(maximumSize: Int, level: Int = 0) {
        self.maximumSize = maximumSize
        self.level = min(max(level, 0), Self.lastLevel)
    }

    static let lastLevel = 14

    /// Beyond this a file is thinned: the rest is for the next batch and the write-ahead log.
    var upperSize: Int { maximumSize / 8 * 6 }
    /// Down to this, so that it is not thinned again at once.
    var lowerSize: Int { maximumSize / 8 * 5 }

    /// - Returns: false if it was the last level.
    mutating func raise() -> Bool {
        guard level < Self.lastLevel else { return false }
        level += 1
        return true
    }

    var sketches: StepGrid { StepGrid(cellsPerDoubling: [64, 32, 16, 8, 8, 8, 8, 8, 4, 2, 1, 1, 1, 1, 1][level]) }

    /// Of the followed elements' values: of every fourth look that keeps its sketch.
    var paths: StepGrid { StepGrid(cellsPerDoubling: max(1, sketches.cellsPerDoubling / 4)) }

    /// nil while all are kept.
    var statistics: StepGrid? { level < 4 ? nil : StepGrid(cellsPerDoubling: 1024 >> (level - 4)) }

    /// The keys of the facts about it.
    static let levelKey = "thinning_level"
    static let looksKey = "looks_thinned"
    static let secondsKey = "seconds_thinned"
    static let leftOutKey = "left_out_thinned"
}
