import Kernels
import Testing

@testable import Forks

private let rows = 96
private let columns = 80

/// A matrix, row after row, of a function of row, column and a normal number.
private func matrix(_ seed: UInt64 = 5, _ value: (Int, Int, Double) -> Double) -> [Double] {
    var stream = Stream(seed)
    return (0..<rows * columns).map { value($0 / columns, $0 % columns, stream.normal()) }
}

private func structure(_ values: [Double], cut: Double = 0) -> Structure {
    Structure(axisSums(values, columns: columns, cut: cut))
}

@Test func rowsOfAnotherScaleAreNamed() {
    // Those that are alike are the ones that stand apart: of the others each has a scale of its own.
    let found = structure(matrix { row, _, x in row % 3 == 0 ? 0.01 * x : (1 + 0.02 * Double(row)) * x })
    #expect(found.axis == .rows && found.lineCount == rows)
    #expect(found.lines == (0..<rows).filter { $0 % 3 == 0 })
}

@Test func columnsWithOtherMeansAreNamed() {
    let found = structure(matrix { _, column, x in (column % 4 == 1 ? 5 : -5) * (column % 4 == 1 ? 1 : 1 + 0.004 * Double(column)) + x })
    #expect(found.axis == .columns && found.lineCount == columns)
    #expect(found.lines == (0..<columns).filter { $0 % 4 == 1 })
}

@Test func aForkThroughAllElementsHasNoAxis() {
    for seed in 0..<10 as Range<UInt64> {
        var sides = Stream(seed &+ 100)
        let found = structure(matrix(seed) { _, _, x in x + (sides.uniform() < 0.5 ? 4 : -4) })
        #expect(found.axis == .elements && found.lines.isEmpty)
    }
}

/// Means that are spread but of one mode show in the intraclass correlation alone.
@Test func rowsWithSpreadMeansAreFoundByTheirCorrelation() {
    var means = Stream(9)
    let mean = (0..<rows).map { _ in 2 * means.normal() }
    let values = matrix { row, _, x in mean[row] + 0.5 * x }
    let found = structure(values)
    #expect(found.axis == .rows)
    // The rows most of whose values lie above the cut.
    #expect(found.lines == (0..<rows).filter { row in 2 * (0..<columns).count { values[row * columns + $0] > 0 } > columns })
}

@Test func linesWithNothingFiniteAreLeftOut() {
    let found = structure(matrix { row, column, x in row < 5 || column == 7 ? .nan : (row % 2 == 0 ? 6 : -6) + 0.1 * x })
    #expect(found.axis == .rows && found.lines.allSatisfy { $0 >= 5 } && found.lines.count >= 40)
    #expect(structure(matrix { _, _, _ in .nan }).axis == .elements)
    #expect(structure(matrix { _, _, _ in 0 }).axis == .elements)
}
