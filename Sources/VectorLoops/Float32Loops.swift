import CProcessor

/// Elements of a block, the least that is read by these loops.
@inlinable package var float32BlockLength: Int { @inline(__always) get { 1024 } }

/// Elements of a strip, four of which make a block: a lane adds up 32 of them in float32 at most, or rounding errors of one sign pile up.
@inlinable package var float32StripLength: Int { @inline(__always) get { 256 } }

// What the loops find, in rows of 32 bytes: eight lanes of four, or four of eight. Lane j of eight has the elements whose index is j
// modulo eight, on every processor, and lanes are added up in the same order, so that counts, extremes and sums are the same bits
// everywhere. Only those of third and fourth powers round otherwise where a product is added in one instruction.
@inlinable package var float32RowCount: Int {
    @inline(__always) get { stripRows &+ 5 &* (float32BlockLength / float32StripLength) }
}
@inlinable package var smallestRow: Int { @inline(__always) get { 0 } }  // the smallest and largest value, NaN left out,
@inlinable package var largestRow: Int { @inline(__always) get { 1 } }
@inlinable package var magnitudeRow: Int { @inline(__always) get { 2 } }  // the smallest pattern without its sign
@inlinable package var sumRows: Int { @inline(__always) get { 3 } }  // float64: Σd, Σd², Σd³, Σd⁴ of d = (x − pilot) · scale, and Σ|x|
@usableFromInline var stripRows: Int { @inline(__always) get { 8 } }  // the same of each strip of a block by itself, in float32

private typealias Floats = SIMD8<Float>
private typealias Doubles = SIMD4<Double>
private typealias Patterns = SIMD8<Int32>

/// How far ahead memory is asked for, in bytes. Processors do not look beyond the end of a page by themselves.
@_transparent private var prefetchDistance: Int { 4096 }

/// The smallest and largest value of a block, into their rows.
@inline(never) package func surveyFloat32(_ block: UnsafeRawPointer, _ rows: UnsafeMutableRawPointer) {
    var smallest = Floats(repeating: .infinity)
    var largest = Floats(repeating: -.infinity)
    var i = 0
    while i < float32BlockLength &* 4 {
        let x = block.loadUnaligned(fromByteOffset: i, as: Floats.self)
        smallest.replace(with: x, where: x .< smallest)
        largest.replace(with: x, where: x .> largest)
        i &+= 32
    }
    rows.storeBytes(of: smallest, toByteOffset: smallestRow &* 32, as: Floats.self)
    rows.storeBytes(of: largest, toByteOffset: largestRow &* 32, as: Floats.self)
}

/// All patterns of a block or-ed together.
@inline(never) package func unionFloat32(_ block: UnsafeRawPointer) -> UInt32 {
    var union = SIMD8<UInt32>()
    var i = 0
    while i < float32BlockLength &* 4 {
        union |= block.loadUnaligned(fromByteOffset: i, as: SIMD8<UInt32>.self)
        i &+= 32
    }
    var all: UInt32 = 0
    for lane in 0..<8 { all |= union[lane] }
    return all
}

/// Surveys blocks of a span, sums them up, and counts the upper halves of all their patterns in one table.
///
/// The blocks of a span are read in their order, by several calls if not all are to be counted.
///
/// - Parameters:
///   - span: begins with the span's first block.
///   - blocks: those to read, by their place in the span.
@inline(never) package func countAndSumFloat32(
    _ span: UnsafeRawPointer, _ blocks: Range<Int>, pilot: Float, scale: Float, _ rows: UnsafeMutableRawPointer,
    _ table: UnsafeMutablePointer<UInt32>
) {
    pass(span, blocks, pilot, scale, rows, table, stride: 0)
}

/// The same without counting anything.
@inline(never) package func sumFloat32(
    _ span: UnsafeRawPointer, _ blocks: Range<Int>, pilot: Float, scale: Float, _ rows: UnsafeMutableRawPointer
) {
    pass(span, blocks, pilot, scale, rows, nil, stride: 0)
}

/// The same with a table for each lane, and others for every second row of lanes: for data that repeat themselves, where a counter
/// would wait for its last increment.
@inline(never) package func spreadAndSumFloat32(
    _ span: UnsafeRawPointer, _ blocks: Range<Int>, pilot: Float, scale: Float, _ rows: UnsafeMutableRawPointer,
    _ table: UnsafeMutablePointer<UInt32>
) {
    pass(span, blocks, pilot, scale, rows, table, stride: tableStride)
}

/// - Parameters:
///   - table: nil or not, and
///   - stride: a literal 0 or not: each is a loop of its own.
@_transparent private func pass(
    _ span: UnsafeRawPointer, _ blocks: Range<Int>, _ pilot: Float, _ scale: Float, _ rows: UnsafeMutableRawPointer,
    _ table: UnsafeMutablePointer<UInt32>?, stride: Int
) {
    let pilots = Floats(repeating: pilot)
    let scales = Floats(repeating: scale)
    let allButSign = Patterns(repeating: .max)
    var magnitude = allButSign
    var smallest = Floats(repeating: .infinity)
    var largest = Floats(repeating: -.infinity)
    if blocks.lowerBound == 0 {
        for k in 0..<5 { rows.storeBytes(of: Doubles(), toByteOffset: (sumRows &+ k) &* 32, as: Doubles.self) }
    } else {
        magnitude = rows.load(fromByteOffset: magnitudeRow &* 32, as: Patterns.self)
        smallest = rows.load(fromByteOffset: smallestRow &* 32, as: Floats.self)
        largest = rows.load(fromByteOffset: largestRow &* 32, as: Floats.self)
    }
    var i = blocks.lowerBound &* float32BlockLength &* 4
    for _ in blocks {
        var strips = rows + stripRows &* 32
        for _ in 0..<float32BlockLength / float32StripLength {
            var (first, second, third, fourth, absolute) = (Floats(), Floats(), Floats(), Floats(), Floats())
            let end = i &+ float32StripLength &* 4
            while i < end {
                processor_prefetch(span + (i &+ prefetchDistance))
                if let table { increment(span + i, stride == 0 ? table : table + (i & 32) &* (stride / 4), stride: stride) }
                // A line of the cache at a time where nothing is counted.
                for _ in 0..<(table == nil ? 2 : 1) {
                    let x = span.loadUnaligned(fromByteOffset: i, as: Floats.self)
                    smallest.replace(with: x, where: x .< smallest)
                    largest.replace(with: x, where: x .> largest)
                    let bits = unsafeBitCast(x, to: Patterns.self) & allButSign
                    magnitude.replace(with: bits, where: bits .< magnitude)
                    absolute += unsafeBitCast(bits, to: Floats.self)
                    let d = (x - pilots) * scales
                    let square = d * d
                    first += d
                    second += square
                    #if FUSED_MULTIPLY_ADD || arch(arm64)
                    third.addProduct(square, d)
                    fourth.addProduct(square, square)
                    #else
                    third += square * d
                    fourth += square * square
                    #endif
                    i &+= 32
                }
            }
            strips.storeBytes(of: first, as: Floats.self)
            strips.storeBytes(of: second, toByteOffset: 32, as: Floats.self)
            strips.storeBytes(of: third, toByteOffset: 64, as: Floats.self)
            strips.storeBytes(of: fourth, toByteOffset: 96, as: Floats.self)
            strips.storeBytes(of: absolute, toByteOffset: 128, as: Floats.self)
            strips += 160
        }
        addUpStrips(rows)
    }
    rows.storeBytes(of: magnitude, toByteOffset: magnitudeRow &* 32, as: Patterns.self)
    rows.storeBytes(of: smallest, toByteOffset: smallestRow &* 32, as: Floats.self)
    rows.storeBytes(of: largest, toByteOffset: largestRow &* 32, as: Floats.self)
}

/// Adds the strips of a block to the sums, block by block while they are at hand. Not inlined: it would have the loop keep its sums in
/// halves.
///
/// The strips of a block, and lanes, are added up in pairs, whose sums are about equal: that costs no digits.
@inline(never) private func addUpStrips(_ rows: UnsafeMutableRawPointer) {
    for k in 0..<5 {
        let strips = UnsafeRawPointer(rows) + (stripRows &+ k) &* 32
        let sum = rows + (sumRows &+ k) &* 32
        let block = Doubles(sumOfFour(strips) + sumOfFour(strips + 16))
        sum.storeBytes(of: sum.load(as: Doubles.self) + block, as: Doubles.self)
    }
}

/// The sum of half the lanes of four strips: not of all, of which the compiler would take the halves apart lane by lane.
@_transparent private func sumOfFour(_ half: UnsafeRawPointer) -> SIMD4<Float> {
    let first = half.load(as: SIMD4<Float>.self) + half.load(fromByteOffset: 160, as: SIMD4<Float>.self)
    let second = half.load(fromByteOffset: 320, as: SIMD4<Float>.self) + half.load(fromByteOffset: 480, as: SIMD4<Float>.self)
    return first + second
}

@_transparent private func increment(_ eight: UnsafeRawPointer, _ table: UnsafeMutablePointer<UInt32>, stride: Int) {
    // The upper half of a little-endian pattern lies two bytes in.
    table[Int(eight.loadUnaligned(fromByteOffset: 2, as: UInt16.self))] &+= 1
    table[stride &+ Int(eight.loadUnaligned(fromByteOffset: 6, as: UInt16.self))] &+= 1
    table[2 &* stride &+ Int(eight.loadUnaligned(fromByteOffset: 10, as: UInt16.self))] &+= 1
    table[3 &* stride &+ Int(eight.loadUnaligned(fromByteOffset: 14, as: UInt16.self))] &+= 1
    table[4 &* stride &+ Int(eight.loadUnaligned(fromByteOffset: 18, as: UInt16.self))] &+= 1
    table[5 &* stride &+ Int(eight.loadUnaligned(fromByteOffset: 22, as: UInt16.self))] &+= 1
    table[6 &* stride &+ Int(eight.loadUnaligned(fromByteOffset: 26, as: UInt16.self))] &+= 1
    table[7 &* stride &+ Int(eight.loadUnaligned(fromByteOffset: 30, as: UInt16.self))] &+= 1
}

/// What there is of zeros and subnormals among elements, where the sums were: two rows count, by lane, the zeros and all whose pattern
/// without sign is below that of the smallest normal number; the next has the smallest such pattern that is not zero; the sign bit
/// of the next is set if there is a +0, of the last if there is a −0.
@inline(never) package func surveySmallFloat32(_ start: UnsafeRawPointer, _ count: Int, _ rows: UnsafeMutableRawPointer) {
    let allButSign = Patterns(repeating: .max)
    let one = Patterns(repeating: 1)
    let normal = Patterns(repeating: 0x0080_0000)
    var zeros = Patterns()
    var small = Patterns()
    var smallest = allButSign
    var positive = Patterns()
    var negative = Patterns()
    var i = 0
    while i < count &* 4 {
        let bits = start.loadUnaligned(fromByteOffset: i, as: Patterns.self)
        let magnitude = bits & allButSign
        // A comparison is −1 in lanes where it holds.
        let isZero = unsafeBitCast(magnitude .< one, to: Patterns.self)
        zeros &-= isZero
        small &-= unsafeBitCast(magnitude .< normal, to: Patterns.self)
        let nonzero = magnitude | (isZero & allButSign)
        smallest.replace(with: nonzero, where: nonzero .< smallest)
        positive |= isZero & ~bits
        negative |= isZero & bits
        i &+= 32
    }
    let found = rows + sumRows &* 32
    found.storeBytes(of: zeros, as: Patterns.self)
    found.storeBytes(of: small, toByteOffset: 32, as: Patterns.self)
    found.storeBytes(of: smallest, toByteOffset: 64, as: Patterns.self)
    found.storeBytes(of: positive, toByteOffset: 96, as: Patterns.self)
    found.storeBytes(of: negative, toByteOffset: 128, as: Patterns.self)
}

/// How often, in a sample of 192 pairs of elements that are at most three apart, both have the same upper half.
@inline(never) package func repeatsFloat32(_ block: UnsafeRawPointer) -> Int32 {
    let upper = Patterns(repeating: Int32(truncatingIfNeeded: 0xFFFF_0000 as UInt32))
    let zero = Patterns()
    var same = Patterns()
    var i = 0
    while i < float32BlockLength &* 4 {
        let x = block.loadUnaligned(fromByteOffset: i, as: Patterns.self)
        let y = block.loadUnaligned(fromByteOffset: i &+ 4, as: Patterns.self)
        let z = block.loadUnaligned(fromByteOffset: i &+ 8, as: Patterns.self)
        let w = block.loadUnaligned(fromByteOffset: i &+ 12, as: Patterns.self)
        same &-= unsafeBitCast(((x ^ y) & upper) .== zero, to: Patterns.self)
        same &-= unsafeBitCast(((x ^ z) & upper) .== zero, to: Patterns.self)
        same &-= unsafeBitCast(((x ^ w) & upper) .== zero, to: Patterns.self)
        i &+= 512
    }
    var all: Int32 = 0
    for lane in 0..<8 { all &+= same[lane] }
    return all
}
