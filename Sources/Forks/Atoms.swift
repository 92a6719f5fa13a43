/// Takes single values that hold far more than their neighbourhood out of a distribution, all but their neighbourhood's share.
///
/// Only 0, the initial value and clip limits can be atoms. Every other pile of equal values is a branch.
struct AtomFinder {
    var cells: Cells
    private(set) var found: [(cell: Int, excess: Double)] = []

    /// How much mass beside an atom its neighbourhood's density is read from.
    private static let neighbourhood = 16.0

    init(_ cells: Cells) { self.cells = cells }

    /// Takes out the excess of a cell, if there is one beyond chance.
    ///
    /// - Parameters:
    ///   - width: how wide a stretch of values the cell stands for.
    ///   - held: how much of the cell's mass is at the value itself.
    mutating func takeOut(_ cell: Int, width: Double, held: Double) {
        guard !found.contains(where: { $0.cell == cell }) else { return }
        let density = max(density(beside: cell, step: -1), density(beside: cell, step: 1))
        let expected = min(held, width * density)
        let excess = held - expected
        guard excess > 4 * (expected + 1).squareRoot() else { return }
        found.append((cell, excess))
        cells.remove(excess, from: cell)
    }

    /// Takes out the excess at the smallest or largest value if a body of values reaches up to it, as it does where values were
    /// clipped. Without such a body the value is a branch of its own.
    ///
    /// - Parameter isTypes: whether it is the last value of the dtype, where all that is larger saturates: no body is needed
    ///   then, if only most of the values are elsewhere.
    mutating func takeOutLimit(_ cell: Int, width: Double, isTypes: Bool) {
        guard cells.count > 2 else { return }
        guard reachesBody(cell) || isTypes && cells.mass[cell] < cells.total / 4 else { return }
        takeOut(cell, width: width, held: cells.mass[cell])
    }

    /// Mass per unit length next to a cell, over the nearest `neighbourhood` of mass.
    private func density(beside cell: Int, step: Int) -> Double {
        var mass = 0.0
        var index = cell + step
        while index >= 0 && index < cells.count {
            mass += cells.mass[index]
            if mass >= Self.neighbourhood {
                let reach = step > 0 ? cells.upper[index] - cells.upper[cell] : cells.lower[cell] - cells.lower[index]
                return reach > 0 ? mass / reach : 0
            }
            index += step
        }
        return 0
    }

    /// How far apart values are where they are few, as quantised ones are: one of their values that is 0 is like those beside it.
    func spacing(beside cell: Int) -> Double {
        func middle(_ index: Int) -> Double { (cells.lower[index] + cells.upper[index]) / 2 }
        let sides = [-1, 1].filter { cells.mass.indices.contains(cell + 2 * $0) }.map { step in
            min(abs(middle(cell + step) - middle(cell)), abs(middle(cell + 2 * step) - middle(cell + step)))
        }
        return sides.min() ?? 0
    }

    /// Whether the sixteenth of the range next to an extreme cell is filled all through, not just at the extreme.
    private func reachesBody(_ cell: Int) -> Bool {
        let last = cells.count - 1
        let sixteenth = (cells.upper[last] - cells.lower[0]) / 16
        let step = cell == 0 ? 1 : -1
        var near = 0.0
        var far = 0.0
        var index = cell + step
        while index > 0 && index < last {
            let middle = (cells.lower[index] + cells.upper[index]) / 2
            let distance = step > 0 ? middle - cells.upper[cell] : cells.lower[cell] - middle
            if distance > sixteenth { break }
            if distance > sixteenth / 2 { far += cells.mass[index] } else { near += cells.mass[index] }
            index += step
        }
        return far >= max(2, near / 4)
    }
}
