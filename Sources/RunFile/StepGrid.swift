/// Steps on a logarithmic axis: every doubling of the step is divided into the same number of cells, as a floating-point number's
/// mantissa divides it. Steps below that number have a cell each.
///
/// The cells of a coarser grid are unions of those of a finer one, so that thinning a run twice is thinning it once.
package struct StepGrid: Sendable, Equatable {
    /// A power of two.
    package let cellsPerDoubling: Int

    package init(cellsPerDoubling: Int) {
        self.cellsPerDoubling = cellsPerDoubling
    }

    /// The number of the cell of a step, which goes up with the step; negative steps share one.
    package func cell(of step: Int) -> Int {
        guard step >= cellsPerDoubling else { return max(step, -1) }
        let shift = (Int.bitWidth - 1 - step.leadingZeroBitCount) - cellsPerDoubling.trailingZeroBitCount
        return shift * cellsPerDoubling + (step >> shift)
    }
}
