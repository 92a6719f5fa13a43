import Kernels

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Along which axis of a matrix a fork runs, and which of its lines stand apart.
package struct Structure: Sendable, Equatable {
    /// Raw values are those of the C header.
    package enum Axis: UInt32, Sendable {
        /// Not looked at.
        case none = 0
        case rows = 1
        case columns = 2
        /// Neither: every row and column has its share of every branch.
        case elements = 3
    }

    package var axis: Axis
    /// The rows or columns that stand apart, ascending: of two groups of lines the one that is more alike.
    package var lines: [Int]
    /// How many rows or columns there are.
    package var lineCount: Int

    package init(axis: Axis = .none, lines: [Int] = [], lineCount: Int = 0) {
        self.axis = axis
        self.lines = lines
        self.lineCount = lineCount
    }

    /// Lines whose root mean squares or means are not unimodal at this significance make the fork theirs.
    private static let significance = 1e-4
    /// So does this intraclass correlation of "above the cut", the share of its variance that lies between lines.
    private static let leastCorrelation = 0.1

    /// - Parameter sums: of the matrix, with the fork's cut.
    package init(_ sums: AxisSums) {
        let candidates = [(Axis.rows, sums.rows), (.columns, sums.columns)]
        let tests = candidates.flatMap { axis, lines in
            [LineTest(axis, lines, Self.logRMS), LineTest(axis, lines, { $0.sum / $0.count })]
        }
        if let test = tests.min(by: { $0.pValue < $1.pValue }), test.pValue < Self.significance {
            self.init(axis: test.axis, lines: test.apart, lineCount: test.lineCount)
            return
        }
        let correlations = candidates.map { ($0, $1, Self.correlation($1)) }
        if let (axis, lines, correlation) = correlations.max(by: { $0.2 < $1.2 }), correlation >= Self.leastCorrelation {
            let apart = lines.indices.filter { lines[$0].count > 0 && 2 * lines[$0].above > lines[$0].count }
            self.init(axis: axis, lines: apart, lineCount: lines.count)
            return
        }
        self.init(axis: .elements)
    }

    private static func logRMS(_ line: AxisSums.Line) -> Double { log(line.squareSum / line.count) / 2 }

    /// The intraclass correlation of "above the cut" within lines: (B − W)/(B + (k − 1)·W) of the mean squares between and
    /// within lines of k values (Fisher, "Statistical Methods for Research Workers", chapter 7).
    private static func correlation(_ lines: [AxisSums.Line]) -> Double {
        let lines = lines.filter { $0.count > 0 }
        let total = lines.reduce(0) { $0 + $1.count }
        guard lines.count > 1, total > Double(lines.count) else { return 0 }
        let share = lines.reduce(0) { $0 + $1.above } / total
        var between = 0.0
        var within = 0.0
        for line in lines {
            let mean = line.above / line.count
            between += line.count * (mean - share) * (mean - share)
            within += line.count * mean * (1 - mean)
        }
        between /= Double(lines.count - 1)
        within /= total - Double(lines.count)
        let size = total / Double(lines.count)
        let denominator = between + (size - 1) * within
        return denominator > 0 ? (between - within) / denominator : 0
    }
}

/// Whether one figure of the lines has more than one mode.
private struct LineTest {
    let axis: Structure.Axis
    let lineCount: Int
    private(set) var pValue = 1.0
    /// The lines of the group that is more alike.
    private(set) var apart: [Int] = []

    init(_ axis: Structure.Axis, _ lines: [AxisSums.Line], _ figure: (AxisSums.Line) -> Double) {
        self.axis = axis
        lineCount = lines.count
        let figures = lines.indices.map { (line: $0, figure: lines[$0].count > 0 ? figure(lines[$0]) : .nan) }
            .filter(\.figure.isFinite).sorted { $0.figure < $1.figure }
        let dip = Dip.of(Cells(points: figures.map(\.figure)))
        pValue = DipTest.pValue(dip: dip, count: Double(figures.count))
        guard pValue < 1, let cut = Self.widestGap(figures.map(\.figure)) else { return }
        let groups = [figures[..<cut], figures[cut...]]
        let tighter = groups.min { Self.spread($0.map(\.figure)) < Self.spread($1.map(\.figure)) }
        apart = tighter?.map(\.line).sorted() ?? []
    }

    /// The index above the widest gap between neighbours, a twentieth of them at either end left out.
    private static func widestGap(_ figures: [Double]) -> Int? {
        let margin = max(1, figures.count / 20)
        guard figures.count > 2 * margin else { return nil }
        return (margin...figures.count - margin).max { figures[$0] - figures[$0 - 1] < figures[$1] - figures[$1 - 1] }
    }

    private static func spread(_ figures: [Double]) -> Double {
        let mean = figures.reduce(0, +) / Double(figures.count)
        return figures.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(figures.count)
    }
}
