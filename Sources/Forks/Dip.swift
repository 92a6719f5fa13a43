/// Hartigan's dip: the largest distance between a distribution function and the closest unimodal one.
///
/// J. A. Hartigan & P. M. Hartigan, "The dip test of unimodality", Annals of Statistics 13 (1985); P. M. Hartigan,
/// "Computation of the dip statistic", Applied Statistics 34 (1985). Points and evenly spread cells may be mixed: the
/// distribution function has a left limit (`low`) and a value (`high`) at each vertex and is linear in between. The convex
/// minorant hangs below the left limits, the concave majorant above the values. For a sample, ties included, this gives
/// what PyPI's `diptest` gives: 0 for one value and for evenly spaced untied ones, else at least 1/(2n).
package struct Dip {
    private struct Vertex {
        var x: Double
        var low: Double
        var high: Double
    }

    /// The dip of `cells`, 0 to 1/4; 0 without mass. Linear in the number of cells.
    package static func of(_ cells: Cells) -> Double {
        guard cells.total > 0 else { return 0 }
        return withUnsafeTemporaryAllocation(of: Vertex.self, capacity: 2 * cells.count) { vertices in
            let count = outline(cells, into: vertices)
            guard count > 1 else { return 0 }
            return withUnsafeTemporaryAllocation(of: Int32.self, capacity: 4 * count) { links in
                var search = Search(vertices: UnsafeBufferPointer(rebasing: vertices[..<count]), links: links)
                return search.run() / (2 * cells.total)
            }
        }
    }

    /// Writes the distribution function's vertices, ascending in x, and returns how many there are.
    private static func outline(_ cells: Cells, into vertices: UnsafeMutableBufferPointer<Vertex>) -> Int {
        var count = 0
        var below = 0.0
        func add(_ x: Double, _ low: Double, _ high: Double) {
            if count > 0 && vertices[count - 1].x >= x {
                vertices[count - 1].high = high
            } else {
                vertices.initializeElement(at: count, to: Vertex(x: x, low: low, high: high))
                count += 1
            }
        }
        for index in 0..<cells.count where cells.mass[index] > 0 {
            let above = below + cells.mass[index]
            if cells.upper[index] > cells.lower[index] {
                add(cells.lower[index], below, below)
                add(cells.upper[index], above, above)
            } else {
                add(cells.lower[index], below, above)
            }
            below = above
        }
        return count
    }

    /// Narrows the modal interval until the two hulls over it are closer than what the hulls outside already miss.
    private struct Search {
        let vertices: UnsafeBufferPointer<Vertex>
        /// For every vertex the one before it on the minorant of all up to it.
        let minorantLink: UnsafeMutableBufferPointer<Int32>
        /// For every vertex the one after it on the majorant of all from it.
        let majorantLink: UnsafeMutableBufferPointer<Int32>
        /// The two hulls over the current interval, ascending.
        let minorant: UnsafeMutableBufferPointer<Int32>
        let majorant: UnsafeMutableBufferPointer<Int32>
        var minorantCount = 0
        var majorantCount = 0

        init(vertices: UnsafeBufferPointer<Vertex>, links: UnsafeMutableBufferPointer<Int32>) {
            let n = vertices.count
            self.vertices = vertices
            links.initialize(repeating: 0)
            minorantLink = UnsafeMutableBufferPointer(rebasing: links[0..<n])
            majorantLink = UnsafeMutableBufferPointer(rebasing: links[n..<2 * n])
            minorant = UnsafeMutableBufferPointer(rebasing: links[2 * n..<3 * n])
            majorant = UnsafeMutableBufferPointer(rebasing: links[3 * n..<4 * n])
            link()
        }

        /// Twice the dip, in units of mass.
        mutating func run() -> Double {
            var dip = 0.0
            var first = 0
            var last = vertices.count - 1
            while first < last {
                collect(first, last)
                if minorantCount == 2 && majorantCount == 2 && isUntied(first, last) { break }
                let (distance, left, right) = widest()
                if distance <= dip { break }
                dip = max(dip, missBelow(left), missAbove(right))
                if left == first && right == last { break }
                first = left
                last = right
            }
            return dip
        }

        private func link() {
            let n = vertices.count
            for j in 1..<n {
                var k = j - 1
                while k > 0 {
                    let before = vertices[Int(minorantLink[k])], middle = vertices[k], after = vertices[j]
                    if (after.x - middle.x) * (middle.low - before.low) < (middle.x - before.x) * (after.low - middle.low) {
                        break
                    }
                    k = Int(minorantLink[k])
                }
                minorantLink[j] = Int32(truncatingIfNeeded: k)
            }
            majorantLink[n - 1] = Int32(truncatingIfNeeded: n - 1)
            for j in stride(from: n - 2, through: 0, by: -1) {
                var k = j + 1
                while k < n - 1 {
                    let before = vertices[j], middle = vertices[k], after = vertices[Int(majorantLink[k])]
                    if (middle.x - before.x) * (after.high - middle.high) < (after.x - middle.x) * (middle.high - before.high) {
                        break
                    }
                    k = Int(majorantLink[k])
                }
                majorantLink[j] = Int32(truncatingIfNeeded: k)
            }
        }

        private mutating func collect(_ first: Int, _ last: Int) {
            majorantCount = 1
            majorant[0] = Int32(truncatingIfNeeded: first)
            while majorant[majorantCount - 1] < last {
                majorant[majorantCount] = majorantLink[Int(majorant[majorantCount - 1])]
                majorantCount += 1
            }
            var start = minorant.count - 1
            minorant[start] = Int32(truncatingIfNeeded: last)
            while minorant[start] > first {
                minorant[start - 1] = minorantLink[Int(minorant[start])]
                start -= 1
            }
            minorantCount = minorant.count - start
            for index in 0..<minorantCount { minorant[index] = minorant[start + index] }
        }

        /// `diptest` calls the dip of evenly spaced single values 0, not 1/(2n).
        private func isUntied(_ first: Int, _ last: Int) -> Bool {
            (first...last).allSatisfy { vertices[$0].high - vertices[$0].low <= 1 }
        }

        /// Where the hulls are farthest apart, and the vertices of the hulls on either side of that.
        private func widest() -> (distance: Double, left: Int, right: Int) {
            var best = (distance: -1.0, left: 0, right: 0)
            var segment = 0
            for index in 0..<minorantCount {
                let vertex = Int(minorant[index])
                while segment + 2 < majorantCount && majorant[segment + 1] <= vertex { segment += 1 }
                let start = Int(majorant[segment]), end = Int(majorant[segment + 1])
                if vertex == start || vertex == end {
                    let jump = vertices[vertex].high - vertices[vertex].low
                    if jump > best.distance { best = (jump, vertex, vertex) }
                    continue
                }
                let slope = (vertices[end].high - vertices[start].high) / (vertices[end].x - vertices[start].x)
                let height = vertices[start].high + slope * (vertices[vertex].x - vertices[start].x)
                let distance = height - vertices[vertex].low
                if distance > best.distance { best = (distance, vertex, end) }
            }
            segment = 0
            for index in 0..<majorantCount {
                let vertex = Int(majorant[index])
                while segment + 2 < minorantCount && minorant[segment + 1] <= vertex { segment += 1 }
                let start = Int(minorant[segment]), end = Int(minorant[segment + 1])
                if vertex == start || vertex == end { continue }
                let slope = (vertices[end].low - vertices[start].low) / (vertices[end].x - vertices[start].x)
                let height = vertices[start].low + slope * (vertices[vertex].x - vertices[start].x)
                let distance = vertices[vertex].high - height
                if distance > best.distance { best = (distance, start, vertex) }
            }
            return best
        }

        /// How far the distribution function rises above the minorant left of `left`. The mode itself may hold an atom, so
        /// the jump at `left` does not count.
        private func missBelow(_ left: Int) -> Double {
            var miss = 0.0
            for index in 1..<minorantCount where minorant[index] <= left {
                let start = Int(minorant[index - 1]), end = Int(minorant[index])
                let slope = (vertices[end].low - vertices[start].low) / (vertices[end].x - vertices[start].x)
                for vertex in start..<end {
                    let height = vertices[start].low + slope * (vertices[vertex].x - vertices[start].x)
                    miss = max(miss, vertices[vertex].high - height)
                }
            }
            return miss
        }

        /// How far the distribution function falls below the majorant right of `right`.
        private func missAbove(_ right: Int) -> Double {
            var miss = 0.0
            for index in 1..<majorantCount where majorant[index - 1] >= right {
                let start = Int(majorant[index - 1]), end = Int(majorant[index])
                let slope = (vertices[end].high - vertices[start].high) / (vertices[end].x - vertices[start].x)
                for vertex in (start + 1)...end {
                    let height = vertices[start].high + slope * (vertices[vertex].x - vertices[start].x)
                    miss = max(miss, height - vertices[vertex].low)
                }
            }
            return miss
        }
    }
}
