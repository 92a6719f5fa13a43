import Checkpoints
import Glibc

/// The checkpoints of a run, as a caller holds them.
package final class CheckpointsHandle: Sendable {
    private let owner = getpid()
    private let found: CheckpointSeries

    package init(paths: [String], steps: [Int]?) throws(SessionError) {
        do throws(CheckpointError) {
            found = try CheckpointSeries(paths: paths, steps: steps)
        } catch {
            throw SessionError(error)
        }
    }

    package var series: CheckpointSeries {
        get throws(SessionError) {
            try refuseUse(of: "list of checkpoints", ownedBy: owner)
            return found
        }
    }
}
