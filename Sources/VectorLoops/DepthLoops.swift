/// Of how many points together `deepestStrip` says that they lie deepest.
@inlinable package var depthStripLength: Int { @inline(__always) get { 16 } }

private typealias Doubles = SIMD4<Double>

/// Which strip of points has the one farthest below a line, as the distance along y times `run`: the index of its first point
/// and that distance; −1 and 0 if none is below.
///
/// - Parameters:
///   - x, y: of the points, to be read from `first` up to `last`; what is less than a strip at the end is left out.
///   - left, bottom, run, rise: the line goes through (left, bottom) and (left + run, bottom + rise).
@inline(never) package func deepestStrip(
    _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, from first: Int, to last: Int, left: Double, bottom: Double, run: Double,
    rise: Double
) -> (first: Int, depth: Double) {
    var deepest = (first: -1, depth: 0.0)
    let (lefts, bottoms) = (Doubles(repeating: left), Doubles(repeating: bottom))
    let (runs, rises) = (Doubles(repeating: run), Doubles(repeating: rise))
    var strip = first
    while strip &+ depthStripLength <= last {
        var depths = Doubles()
        var i = strip
        let end = strip &+ depthStripLength
        while i < end {
            let px = UnsafeRawPointer(x + i).loadUnaligned(as: Doubles.self)
            let py = UnsafeRawPointer(y + i).loadUnaligned(as: Doubles.self)
            let depth = (px - lefts) * rises - (py - bottoms) * runs
            depths.replace(with: depth, where: depth .> depths)
            i &+= 4
        }
        let one = depths[0] > depths[1] ? depths[0] : depths[1]
        let other = depths[2] > depths[3] ? depths[2] : depths[3]
        let depth = one > other ? one : other
        if depth > deepest.depth { deepest = (strip, depth) }
        strip = end
    }
    return deepest
}
