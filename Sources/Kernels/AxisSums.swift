/// Sums along the rows and the columns of a matrix that lies row after row: what tells whether a fork runs along an axis.
package struct AxisSums: Sendable, Equatable {
    /// One row or column: its finite values.
    package struct Line: Sendable, Equatable {
        package var count = 0.0
        package var sum = 0.0
        package var squareSum = 0.0
        /// How many of the values lie above the cut.
        package var above = 0.0
    }

    package private(set) var rows: [Line]
    package private(set) var columns: [Line]

    private let cut: Double
    /// How many elements have been read.
    private var place = 0

    /// Sums of nothing yet.
    ///
    /// - Parameters:
    ///   - count: the elements of the matrix.
    ///   - columns: how many of them a row has.
    ///   - cut: values above it are counted.
    package init(count: Int, columns: Int, cut: Double) {
        self.cut = cut
        rows = Array(repeating: Line(), count: columns > 0 ? (count + columns - 1) / columns : 0)
        self.columns = Array(repeating: Line(), count: columns)
    }

    /// Reads the next elements, of `count` in all.
    package mutating func add(_ piece: ElementBuffer) {
        withDefaultFloatingPoint {
            switch piece.type {
            case .float32: add(Float32Element.self, piece)
            case .float64: add(Float64Element.self, piece)
            case .float16: add(Float16Element.self, piece)
            case .bfloat16: add(BFloat16Element.self, piece)
            case .float8_e4m3fn, .float8_e5m2, .int8: addBytes(piece)
            }
        }
        place += piece.count
    }

    private mutating func add<E: Element>(_ element: E.Type, _ piece: ElementBuffer) {
        guard let start = piece.start else { return }
        add(count: piece.count) { i in
            let bits = start.loadUnaligned(fromByteOffset: i &* MemoryLayout<E.Bits>.size, as: E.Bits.self)
            return bits & E.magnitudeMask < E.infinity ? E.value(bits) : .nan
        }
    }

    private mutating func addBytes(_ piece: ElementBuffer) {
        guard let start = piece.start else { return }
        let values = (0..<256).map { finiteValue(ofPattern: UInt64($0), piece.type) ?? .nan }
        add(count: piece.count) { i in
            values[Int(start.load(fromByteOffset: i, as: UInt8.self))]
        }
    }

    /// - Parameter value: of an element of the piece; NaN if it is not finite.
    @inline(__always)
    private mutating func add(count: Int, _ value: (Int) -> Double) {
        guard count > 0 else { return }
        let place = place
        let cut = cut
        let width = columns.count
        columns.withUnsafeMutableBufferPointer { columns in
            var row = place / width
            var column = place % width
            var line = Line()
            for i in 0..<count {
                let x = value(i)
                if !x.isNaN {
                    let above = x > cut ? 1.0 : 0.0
                    line.count += 1
                    line.sum += x
                    line.squareSum += x * x
                    line.above += above
                    columns[column].count += 1
                    columns[column].sum += x
                    columns[column].squareSum += x * x
                    columns[column].above += above
                }
                column += 1
                if column == width || i == count - 1 {
                    rows[row].add(line)
                    line = Line()
                    if column == width {
                        column = 0
                        row += 1
                    }
                }
            }
        }
    }
}

extension AxisSums.Line {
    fileprivate mutating func add(_ other: AxisSums.Line) {
        count += other.count
        sum += other.sum
        squareSum += other.squareSum
        above += other.above
    }
}
