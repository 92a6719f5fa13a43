import Kernels

/// The convex minorant of points in a plane: the largest convex function that is nowhere above them.
///
/// A hull of a distribution function passes far below most points, or through most of them where the function is convex itself. So
/// the hull of every 64th point comes first, if there are many. Its segments are divided at the point farthest below them, which vector loops find,
/// as in quickhull (W. F. Eddy, "A new convex hull algorithm for planar sets", ACM TOMS 3, 1977). What is short, or divides badly,
/// is walked along as in A. M. Andrew, "Another efficient algorithm for convex hulls in two dimensions", Inf. Process. Lett. 9
/// (1979). So the time is linear in the number of points at worst.
struct Hull {
    private let x: UnsafePointer<Double>
    private let y: UnsafePointer<Double>
    /// The points on the minorant, ascending in x.
    private var vertices: UnsafeMutablePointer<Int32>
    private var spare: UnsafeMutablePointer<Int32>
    private(set) var count = 0
    /// How many points may still be looked at for dividing.
    private var allowance = 0
    private let deepestStrip = Loops.best.deepestStrip

    private static let stride = 64
    /// Stretches of fewer points are divided at once.
    private static let leastCoarse = 2048
    private static let shortest = 24
    private static let looksPerPoint = 24

    /// - Parameters:
    ///   - x: ascending, no two equal.
    ///   - y: ascending or descending.
    ///   - memory: room for twice as many as there are points.
    init(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, points: Int, memory: UnsafeMutablePointer<Int32>) {
        self.x = x
        self.y = y
        vertices = memory
        spare = memory + points
    }

    subscript(_ index: Int) -> Int { Int(vertices[index]) }

    /// Traces the minorant of the points from `first` to `last`. Vertices of an earlier one over a wider stretch are vertices of
    /// this one too, with nothing between them; only beyond the outermost there may be more.
    mutating func trace(_ first: Int, _ last: Int) {
        allowance = Self.looksPerPoint * (last - first)
        swap(&vertices, &spare)
        let earlier = UnsafeBufferPointer(start: spare, count: count)
        count = 0
        append(first)
        var isVertex = false
        for vertex in earlier where vertex >= first && vertex <= last {
            if vertex == first {
                isVertex = true
            } else if isVertex {
                append(Int(vertex))
            } else {
                fill(first, Int(vertex))
                isVertex = true
            }
        }
        if self[count - 1] < last { fill(self[count - 1], last) }
    }

    /// The height at `position` of the line through the vertices `index` and `index` + 1.
    func height(_ index: Int, at position: Double) -> Double {
        let (start, end) = (self[index], self[index + 1])
        return y[start] + (y[end] - y[start]) / (x[end] - x[start]) * (position - x[start])
    }

    /// The largest of −(height + `opposite`) over the points of the segment that ends at vertex `index`: how far a function whose
    /// negative `opposite` is reaches above the hull.
    ///
    /// - Parameter points: those of the segment that count.
    func excess(over opposite: UnsafePointer<Double>, _ index: Int, _ points: Range<Int>) -> Double {
        let (start, end) = (self[index - 1], self[index])
        let slope = (y[end] - y[start]) / (x[end] - x[start])
        var least = SIMD4<Double>(repeating: .infinity)
        var i = points.lowerBound
        while i &+ 4 <= points.upperBound {
            let height = y[start] + slope * (load(x, i) - x[start])
            let sum = height + load(opposite, i)
            least.replace(with: sum, where: sum .< least)
            i &+= 4
        }
        var result = least.min()
        while i < points.upperBound {
            result = Swift.min(result, y[start] + slope * (x[i] - x[start]) + opposite[i])
            i &+= 1
        }
        return -result
    }

    private mutating func append(_ vertex: Int) {
        vertices[count] = Int32(truncatingIfNeeded: vertex)
        count &+= 1
    }

    /// Appends the minorant of the points after `first`, which is its last vertex, up to `last`.
    private mutating func fill(_ first: Int, _ last: Int) {
        let strides = last &- first < Self.leastCoarse ? 0 : (last &- first &- 1) / Self.stride
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: strides &+ 1) { coarse in
            let base = count
            for place in 0..<strides { append(first &+ (place &+ 1) * Self.stride) }
            append(last)
            straighten(after: base &- 1)
            let found = count &- base
            for index in 0..<found { coarse.initializeElement(at: index, to: vertices[base &+ index]) }
            count = base
            var start = first
            for index in 0..<found {
                divide(start, Int(coarse[index]))
                start = Int(coarse[index])
            }
            straighten(after: base &- 1)
        }
    }

    /// Appends the minorant of the points after `first`, which is a vertex of it, up to `last`, and perhaps points above it.
    private mutating func divide(_ first: Int, _ last: Int) {
        if last &- first <= Self.shortest || allowance <= 0 { return walk(first, last) }
        allowance &-= last &- first
        guard let lowest = farthestBelow(first, last) else { return append(last) }
        divide(first, lowest)
        divide(lowest, last)
    }

    private mutating func walk(_ first: Int, _ last: Int) {
        let base = count
        for next in first &+ 1...last {
            while count > base && !isConvex(self[count &- 2], self[count &- 1], next) { count &-= 1 }
            append(next)
        }
    }

    /// Leaves out of the vertices those that are above the minorant of all from the one at `start` on.
    private mutating func straighten(after start: Int) {
        let found = count
        count = start &+ 1
        for index in start &+ 1..<found {
            let next = self[index]
            while count > start &+ 1 && !isConvex(self[count &- 2], self[count &- 1], next) { count &-= 1 }
            append(next)
        }
    }

    private func isConvex(_ before: Int, _ middle: Int, _ after: Int) -> Bool {
        (x[after] - x[middle]) * (y[middle] - y[before]) < (x[middle] - x[before]) * (y[after] - y[middle])
    }

    /// The point farthest below the line from `first` to `last`; nil if none is below it.
    private func farthestBelow(_ first: Int, _ last: Int) -> Int? {
        let (run, rise) = (x[last] - x[first], y[last] - y[first])
        let (left, bottom) = (x[first], y[first])
        var deepest = 0.0
        var lowest: Int?
        func look(_ points: Range<Int>) {
            for i in points {
                let depth = (x[i] - left) * rise - (y[i] - bottom) * run
                if depth > deepest { (deepest, lowest) = (depth, i) }
            }
        }
        var start = first &+ 1
        while start < last {
            let end = min(start &+ Self.stride, last)
            // Neither the line nor the points turn: no point is farther below than the lower end of these below the line's higher one.
            let reach = max((x[start] - left) * rise, (x[end &- 1] - left) * rise) - (min(y[start], y[end &- 1]) - bottom) * run
            if reach > deepest {
                let strip = deepestStrip(x, y, start, end, left, bottom, run, rise)
                if strip.depth > deepest { look(strip.first..<strip.first &+ Loops.depthStripLength) }
                look(end &- (end &- start) % Loops.depthStripLength..<end)
            }
            start = end
        }
        return lowest
    }

    private func load(_ values: UnsafePointer<Double>, _ index: Int) -> SIMD4<Double> {
        UnsafeRawPointer(values + index).loadUnaligned(as: SIMD4<Double>.self)
    }
}
