/// Hartigan's dip: the largest distance between a distribution function and the closest unimodal one.
///
/// J. A. Hartigan & P. M. Hartigan, "The dip test of unimodality", Annals of Statistics 13 (1985); P. M. Hartigan,
/// "Computation of the dip statistic", Applied Statistics 34 (1985). Points and evenly spread cells may be mixed: the
/// distribution function has a left limit (`low`) and a value (`high`) at each vertex and is linear in between. The convex
/// minorant hangs below the left limits, the concave majorant above the values. For a sample, ties included, this gives
/// what PyPI's `diptest` gives: 0 for one value and for evenly spaced untied ones, else at least 1/(2n).
package enum Dip {
    /// The dip of `cells`, 0 to 1/4; 0 without mass.
    package static func of(_ cells: Cells) -> Double {
        guard cells.total > 0 else { return 0 }
        let capacity = 2 * cells.count
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * capacity) { memory in
            let start = memory.baseAddress!
            var outline = Outline(x: start, low: start + capacity, raised: start + 2 * capacity)
            outline.trace(cells)
            guard outline.count > 1 else { return 0 }
            return withUnsafeTemporaryAllocation(of: Int32.self, capacity: 4 * outline.count) { vertices in
                var search = Search(outline, vertices.baseAddress!)
                return search.run() / (2 * cells.total)
            }
        }
    }

    /// A distribution function's vertices, ascending in x.
    private struct Outline {
        let x: UnsafeMutablePointer<Double>
        let low: UnsafeMutablePointer<Double>
        /// The negative of `high`: its convex minorant is the negative of the majorant of `high`.
        let raised: UnsafeMutablePointer<Double>
        var count = 0

        func high(_ vertex: Int) -> Double { -raised[vertex] }

        mutating func trace(_ cells: Cells) {
            var below = 0.0
            cells.lower.withUnsafeBufferPointer { lower in
                cells.upper.withUnsafeBufferPointer { upper in
                    cells.mass.withUnsafeBufferPointer { mass in
                        for index in mass.indices where mass[index] > 0 {
                            let above = below + mass[index]
                            if upper[index] > lower[index] {
                                add(lower[index], below, below)
                                add(upper[index], above, above)
                            } else {
                                add(lower[index], below, above)
                            }
                            below = above
                        }
                    }
                }
            }
        }

        @inline(__always) private mutating func add(_ position: Double, _ low: Double, _ high: Double) {
            if count > 0 && x[count &- 1] >= position {
                raised[count &- 1] = -high
            } else {
                (x + count).initialize(to: position)
                (self.low + count).initialize(to: low)
                (raised + count).initialize(to: -high)
                count &+= 1
            }
        }
    }

    /// Narrows the modal interval until the two hulls over it are closer than what the hulls outside already miss.
    private struct Search {
        let outline: Outline
        /// The two hulls over the current interval, ascending.
        var minorant: Hull
        var majorant: Hull

        /// - Parameter memory: room for four times as many as the outline has vertices.
        init(_ outline: Outline, _ memory: UnsafeMutablePointer<Int32>) {
            let points = outline.count
            self.outline = outline
            minorant = Hull(outline.x, outline.low, points: points, memory: memory)
            majorant = Hull(outline.x, outline.raised, points: points, memory: memory + 2 * points)
        }

        /// Twice the dip, in units of mass.
        mutating func run() -> Double {
            var dip = 0.0
            var first = 0
            var last = outline.count - 1
            while first < last {
                minorant.trace(first, last)
                majorant.trace(first, last)
                if minorant.count == 2 && majorant.count == 2 && isUntied(first, last) { break }
                let (distance, left, right) = widest()
                if distance <= dip { break }
                // How far the distribution function rises above the minorant left of the mode, and falls below the majorant
                // right of it. The mode itself may hold an atom, so the jumps at its ends do not count.
                for k in 1..<minorant.count where minorant[k] <= left {
                    dip = max(dip, minorant.excess(over: outline.raised, k, minorant[k - 1]..<minorant[k]))
                }
                for k in 1..<majorant.count where majorant[k - 1] >= right {
                    dip = max(dip, majorant.excess(over: outline.low, k, majorant[k - 1] + 1..<majorant[k] + 1))
                }
                if left == first && right == last { break }
                first = left
                last = right
            }
            return dip
        }

        /// `diptest` calls the dip of evenly spaced single values 0, not 1/(2n).
        private func isUntied(_ first: Int, _ last: Int) -> Bool {
            (first...last).allSatisfy { outline.high($0) - outline.low[$0] <= 1 }
        }

        /// Where the hulls are farthest apart, and the vertices of the hulls on either side of that.
        private func widest() -> (distance: Double, left: Int, right: Int) {
            var best = (distance: -1.0, left: 0, right: 0)
            var segment = 0
            for index in 0..<minorant.count {
                let vertex = minorant[index]
                while segment + 2 < majorant.count && majorant[segment + 1] <= vertex { segment += 1 }
                let (start, end) = (majorant[segment], majorant[segment + 1])
                if vertex == start || vertex == end {
                    let jump = outline.high(vertex) - outline.low[vertex]
                    if jump > best.distance { best = (jump, vertex, vertex) }
                    continue
                }
                let distance = -majorant.height(segment, at: outline.x[vertex]) - outline.low[vertex]
                if distance > best.distance { best = (distance, vertex, end) }
            }
            segment = 0
            for index in 0..<majorant.count {
                let vertex = majorant[index]
                while segment + 2 < minorant.count && minorant[segment + 1] <= vertex { segment += 1 }
                let (start, end) = (minorant[segment], minorant[segment + 1])
                if vertex == start || vertex == end { continue }
                let distance = outline.high(vertex) - minorant.height(segment, at: outline.x[vertex])
                if distance > best.distance { best = (distance, start, vertex) }
            }
            return best
        }
    }
}
