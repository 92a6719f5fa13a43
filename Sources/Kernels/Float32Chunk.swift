import VectorLoops

extension Scratch {
    /// Reads a chunk of float32: whole blocks by vector loops, each surveyed while the one before is summed up, and what is left
    /// value by value, as are blocks with NaN, infinities or a range beyond what float32 lanes can sum.
    @inline(never) func readFloat32(
        _ chunk: ElementBuffer, _ start: UnsafeRawPointer, _ reading: Reading, at place: Int
    ) -> Tally {
        let length = float32BlockLength
        let blocks = chunk.count / length
        var tally = Tally()
        var sums = Float32Sums()
        var isRepeating = false
        if blocks > 0 { loops.surveyFloat32(start, rows.start) }
        for k in 0..<blocks {
            let block = start + k &* length &* 4
            let next = k + 1 < blocks ? block + length &* 4 : block
            let plan = Float32Plan(rows, block, turn: k)
            let isCounted = reading.counts(block: place / length + k)
            // Data change slowly enough that every fourth block tells for those after it.
            if reading.spreads && k & 3 == 0 { isRepeating = repeats(block) }
            if !isCounted {
                loops.sumFloat32(block, next, plan.pilot, plan.scale, rows.start)
            } else if isRepeating {
                loops.spreadAndSumFloat32(block, next, plan.pilot, plan.scale, rows.start, counts.spread())
            } else {
                loops.countAndSumFloat32(block, next, plan.pilot, plan.scale, rows.start, counts.table)
            }
            if plan.isRegular && sums.add(rows, plan) {
                let least = sums.countSmall(rows, plan) { loops.surveySmallFloat32(block, rows.start) }
                if isCounted { counts.touch(magnitudes: UInt16(least >> 16), plan.largestMagnitude) }
            } else {
                tally.merge(readDecoded(chunk.slice(k * length, (k + 1) * length), counts: nil, origin: nil))
                if isCounted { counts.touch(magnitudes: 0, .max) }
            }
        }
        tally.merge(sums.tally)
        if blocks * length < chunk.count {
            let isCounted = reading.counts(block: place / length + blocks)
            let rest = chunk.slice(blocks * length, chunk.count)
            tally.merge(readDecoded(rest, counts: isCounted ? counts : nil, origin: nil))
        }
        return tally
    }

    /// Whether the block repeats values so often that counters would wait for themselves.
    private func repeats(_ block: UnsafeRawPointer) -> Bool {
        loops.surveyRepeatsFloat32(block, rows.start)
        let lanes = rows.patterns(sumRows)
        var same: Int32 = 0
        for lane in 0..<8 { same &+= lanes[lane] }
        return same >= 3
    }
}

/// What the loops over a block of float32 leave: rows of eight lanes. VectorLoops says what is in them.
struct Float32Rows {
    let start = UnsafeMutableRawPointer.allocate(byteCount: float32RowCount * 32, alignment: 32)

    func floats(_ row: Int) -> SIMD8<Float> { start.load(fromByteOffset: row * 32, as: SIMD8<Float>.self) }
    func patterns(_ row: Int) -> SIMD8<Int32> { start.load(fromByteOffset: row * 32, as: SIMD8<Int32>.self) }

    /// The k-th sum of a block.
    @inline(__always) func total(_ k: Int) -> Double {
        let lanes = start.load(fromByteOffset: (sumRows + k) * 32, as: SIMD4<Double>.self)
        return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
    }
}

/// How a block is to be summed up, from what its survey says.
struct Float32Plan {
    let smallest: Float
    let largest: Float
    /// All patterns or-ed together.
    let union: UInt32
    var pilot: Float = 0
    var scale: Float = 1
    /// Whether float32 lanes can hold the sums. If not, what the loop sums up is not used.
    var isRegular = true

    /// Powers of deviations are summed in float32. The scale brings the block's range to 1…2.2, so that none overflows and none that
    /// matters underflows. It is no power of two but a little more, by `turn`: values that repeat themselves, or are multiples of
    /// one step, would have the same rounding errors in every block (odd squares are 1 modulo 8, so ties always round down), but
    /// not when every block is stretched otherwise. The pilot is the middle one of three elements, which withstands an outlier.
    init(_ rows: Float32Rows, _ block: UnsafeRawPointer, turn: Int) {
        // Halving: vector instructions of every processor. The lanes hold no NaN.
        let smallest = folded(rows.floats(smallestRow)) { a, b in a.replacing(with: b, where: b .< a) }
        let largest = folded(rows.floats(largestRow)) { a, b in a.replacing(with: b, where: b .> a) }
        let union = folded(rows.patterns(unionRow)) { a, b in a | b }
        self.smallest = smallest
        self.largest = largest
        self.union = UInt32(bitPattern: union)
        let range = largest - smallest
        if range == 0 {
            pilot = smallest
            isRegular = Swift.max(abs(smallest), abs(largest)) < 0x1p100
        } else if range >= 0x1p-90 && Swift.max(abs(smallest), abs(largest)) < 0x1p100 {
            pilot = Float32Plan.median(block)
            let stretch = Float((UInt32(truncatingIfNeeded: turn &+ 1) &* 0x9E37_79B9) >> 8) * 0x1p-28
            scale = Float(bitPattern: (254 &- range.bitPattern >> 23) << 23) * (1 + stretch)
        } else {
            isRegular = false
        }
    }

    /// The larger of the extremes' magnitudes, as a code.
    var largestMagnitude: UInt16 {
        UInt16(truncatingIfNeeded: Swift.max(abs(smallest), abs(largest)).bitPattern >> 16)
    }

    private static func median(_ block: UnsafeRawPointer) -> Float {
        let a = block.loadUnaligned(as: Float.self)
        let b = block.loadUnaligned(fromByteOffset: float32BlockLength * 2, as: Float.self)
        let c = block.loadUnaligned(fromByteOffset: float32BlockLength * 4 - 4, as: Float.self)
        return Swift.max(Swift.min(a, b), Swift.min(Swift.max(a, b), c))
    }
}

/// All lanes combined, by halves.
@inline(__always) private func folded<Scalar: SIMDScalar>(
    _ lanes: SIMD8<Scalar>, _ combine: (SIMD4<Scalar>, SIMD4<Scalar>) -> SIMD4<Scalar>
) -> Scalar {
    let four = combine(lanes.lowHalf, lanes.highHalf)
    let two = combine(four, SIMD4(four[2], four[3], four[0], four[1]))
    return combine(two, SIMD4(two[1], two[0], two[3], two[2]))[0]
}

/// The blocks of a chunk together: power sums about the first one's pilot, in float64.
///
/// The pilot is near values of the chunk that make up 1/256 of it at least, which bounds what cancels to a few digits.
struct Float32Sums {
    private var sums = PowerSums(pilot: 0, count: 0)
    private var union: UInt32 = 0
    private var lowest = Int32.max
    private var highest = Int32.min
    private var zeros = 0
    private var small = 0

    /// Adds a block that a loop has summed up.
    ///
    /// - Returns: false, and nothing is added, if there is a NaN in the block, or its pilot is so far from its mean that digits are
    ///   lost.
    @inline(__always) mutating func add(_ rows: Float32Rows, _ plan: Float32Plan) -> Bool {
        let n = Double(float32BlockLength)
        let first = rows.total(0)
        let second = rows.total(1)
        // Also false for NaN.
        guard first * first <= 0.9 * n * second || second == 0 else { return false }
        if sums.count == 0 { sums.pilot = Double(plan.pilot) }
        let up = 1 / Double(plan.scale)
        let s1 = first * up
        let s2 = second * (up * up)
        let s3 = rows.total(2) * (up * up * up)
        let s4 = rows.total(3) * (up * up * up * up)
        let shift = Double(plan.pilot) - sums.pilot
        let square = shift * shift
        sums.count += n
        sums.first += s1 + n * shift
        sums.second += s2 + 2 * shift * s1 + n * square
        sums.third += s3 + 3 * shift * s2 + 3 * square * s1 + n * (square * shift)
        sums.fourth += s4 + 4 * shift * s3 + 6 * square * s2 + 4 * (square * shift) * s1 + n * (square * square)
        // A constant's lanes would add up rounding errors.
        sums.absolute += plan.smallest == plan.largest ? n * Double(abs(plan.smallest)) : rows.total(4)
        return true
    }

    /// Adds what there is of zeros and subnormals in the block, and its extremes and bits.
    ///
    /// - Parameter survey: writes down what there is, if there is any.
    /// - Returns: the smallest magnitude that is not zero, as a pattern.
    @inline(__always) mutating func countSmall(_ rows: Float32Rows, _ plan: Float32Plan, survey: () -> Void) -> UInt32 {
        var least = folded(rows.patterns(magnitudeRow)) { a, b in a.replacing(with: b, where: b .< a) }
        union |= plan.union
        var smallest = plan.smallest.bitPattern
        var largest = plan.largest.bitPattern
        if least < Int32(Float32Element.smallestNormal) {
            survey()
            let (zeroLanes, smallLanes, leastLanes, positive) =
                (rows.patterns(sumRows), rows.patterns(sumRows + 1), rows.patterns(sumRows + 2), rows.patterns(sumRows + 3))
            least = .max
            var hasPositiveZero = false
            for lane in 0..<8 {
                zeros &+= Int(zeroLanes[lane])
                small &+= Int(smallLanes[lane])
                least = Swift.min(least, leastLanes[lane])
                if positive[lane] < 0 { hasPositiveZero = true }
            }
            // Comparisons take −0 and +0 for the same. No value is negative if the smallest is zero.
            if plan.smallest == 0 { smallest = plan.union & 0x8000_0000 }
            if plan.largest == 0 { largest = hasPositiveZero ? 0 : 0x8000_0000 }
        }
        lowest = Swift.min(lowest, Float32Sums.key(smallest))
        highest = Swift.max(highest, Float32Sums.key(largest))
        return UInt32(bitPattern: least)
    }

    var tally: Tally {
        var tally = Tally()
        guard sums.count > 0 else { return tally }
        tally.minimum = Float32Sums.value(key: lowest)
        tally.maximum = Float32Sums.value(key: highest)
        tally.isOnBinEdges = union & 0xFFFF == 0
        tally.absoluteSum = sums.absolute
        tally.moments = Moments(sums)
        tally.zeros = UInt64(zeros)
        tally.subnormals = UInt64(small - zeros)
        return tally
    }

    /// An integer that is ordered as the values are, with −0 before +0. It is its own inverse.
    private static func key(_ bits: UInt32) -> Int32 {
        let bits = Int32(bitPattern: bits)
        return bits ^ ((bits >> 31) & Int32.max)
    }

    private static func value(key: Int32) -> Double {
        Double(Float(bitPattern: UInt32(bitPattern: key ^ ((key >> 31) & Int32.max))))
    }
}
