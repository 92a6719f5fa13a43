import Testing

@testable import Kernels

/// The sums by plain loops over decoded values.
private func reference(_ values: [Double], columns: Int, cut: Double) -> (rows: [AxisSums.Line], columns: [AxisSums.Line]) {
    func line(_ indices: some Sequence<Int>) -> AxisSums.Line {
        var line = AxisSums.Line()
        for x in indices.map({ values[$0] }) where x.isFinite {
            line.count += 1
            line.sum += x
            line.squareSum += x * x
            line.above += x > cut ? 1 : 0
        }
        return line
    }
    let rows = values.count / columns
    return (
        (0..<rows).map { row in line(row * columns..<(row + 1) * columns) },
        (0..<columns).map { column in line(stride(from: column, to: values.count, by: columns)) }
    )
}

private func isClose(_ a: [AxisSums.Line], _ b: [AxisSums.Line]) -> Bool {
    a.count == b.count
        && zip(a, b).allSatisfy { a, b in
            a.count == b.count && a.above == b.above && abs(a.sum - b.sum) <= 1e-9 * (1 + abs(b.sum))
                && abs(a.squareSum - b.squareSum) <= 1e-9 * (1 + b.squareSum)
        }
}

private func check<Bits>(_ bits: [Bits], _ type: ElementType, _ values: [Double], columns: Int, piece: Int) {
    let cut = 0.25
    var sums = AxisSums(count: values.count, columns: columns, cut: cut)
    bits.withUnsafeBytes {
        let all = ElementBuffer(start: $0.baseAddress, count: bits.count, type: type)
        for start in stride(from: 0, to: values.count, by: piece) {
            sums.add(all.slice(start, min(start + piece, values.count)))
        }
    }
    let expected = reference(values, columns: columns, cut: cut)
    #expect(isClose(sums.rows, expected.rows) && isClose(sums.columns, expected.columns), "\(type), pieces of \(piece)")
}

@Test(arguments: [(7, 13), (64, 1), (1, 50), (33, 64)], [1, 5, 64, 100_000])
func axisSumsAreThoseOfPlainLoops(shape: (rows: Int, columns: Int), piece: Int) {
    var generator = SystemRandomNumberGenerator()
    let count = shape.rows * shape.columns
    let floats = (0..<count).map { i -> Float in
        switch i % 11 {
        case 3: .nan
        case 7: i % 2 == 0 ? .infinity : -.infinity
        case 5: 0.25  // at the cut, so not above it
        default: Float.random(in: -2...2, using: &generator)
        }
    }
    check(floats, .float32, floats.map(Double.init), columns: shape.columns, piece: piece)
    check(floats.map(Double.init), .float64, floats.map(Double.init), columns: shape.columns, piece: piece)
    let halves = floats.map { UInt16($0.bitPattern >> 16) }
    let rounded = halves.map { Double(Float(bitPattern: UInt32($0) << 16)) }
    check(halves, .bfloat16, rounded, columns: shape.columns, piece: piece)
    let bytes = (0..<count).map { _ in Int8.random(in: -128...127, using: &generator) }
    check(bytes, .int8, bytes.map(Double.init), columns: shape.columns, piece: piece)
}
