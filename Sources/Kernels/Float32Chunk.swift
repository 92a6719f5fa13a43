import VectorLoops

extension Scratch {
    /// Reads a chunk of float32: whole blocks by vector loops, several at once, and what is left value by value, as is what has NaN,
    /// infinities or a range beyond what float32 lanes can sum.
    @inline(never) func readFloat32(
        _ chunk: ElementBuffer, _ start: UnsafeRawPointer, _ reading: Reading, at place: Int
    ) -> Tally {
        let block = float32BlockLength
        let blocks = chunk.count / block
        var tally = Tally()
        var sums = Float32Sums()
        if blocks > 0 { loops.surveyFloat32(start, rows.start) }
        // Blocks are scaled by the range of earlier ones: waiting for their own would take longer than the few that do not fit.
        var range = Float32Survey(rows).range
        var from = 0
        while from < blocks {
            let span = Swift.min(blocks - from, reading.blocksPerSpan)
            let first = start + from &* block &* 4
            let length = span &* block
            var plan = Float32Plan(first, range: range, turn: from)
            let isCounted = readSpan(first, span, plan, reading, at: place / block + from)
            let survey = Float32Survey(rows)
            if survey.isRegular && !plan.fits(survey.range) {
                range = survey.range
                plan = Float32Plan(first, range: range, turn: from)
                loops.sumFloat32(first, 0..<span, plan.pilot, plan.scale, rows.start)
            }
            if survey.isRegular && sums.add(length, rows, survey, plan) {
                sums.checkBinEdges(first, span, loops)
                let least = sums.countSmall(rows, survey) { loops.surveySmallFloat32(first, length, rows.start) }
                if isCounted { counts.touch(magnitudes: UInt16(least >> 16), survey.largestMagnitude) }
            } else {
                chunk.slice(from * block, (from + span) * block).forEachPiece(of: Scratch.blockLength) {
                    tally.merge(readDecoded($0, counts: nil, origin: nil))
                }
                if isCounted { counts.touch(magnitudes: 0, .max) }
            }
            from += span
        }
        tally.merge(sums.tally)
        if blocks * block < chunk.count {
            let isCounted = reading.run(at: place / block + blocks, atMost: 1).isCounted
            let rest = chunk.slice(blocks * block, chunk.count)
            tally.merge(readDecoded(rest, counts: isCounted ? counts : nil, origin: nil))
        }
        return tally
    }

    /// So many repeats in a block, see `repeatsFloat32`, that counters would wait for themselves.
    private static let manyRepeats: Int32 = 3

    /// Surveys and sums up all blocks of a span, and counts those that are in the sample.
    ///
    /// - Parameter place: of the span's first block in the tensor, in blocks.
    /// - Returns: whether any is counted.
    @inline(__always) private func readSpan(
        _ start: UnsafeRawPointer, _ span: Int, _ plan: Float32Plan, _ reading: Reading, at place: Int
    ) -> Bool {
        var anyIsCounted = false
        var from = 0
        while from < span {
            let (run, isCounted) = reading.run(at: place + from, atMost: span - from)
            let part = from..<from + run
            if !isCounted {
                loops.sumFloat32(start, part, plan.pilot, plan.scale, rows.start)
            } else if reading.spreads && loops.repeatsFloat32(start + from &* float32BlockLength &* 4) >= Scratch.manyRepeats {
                loops.spreadAndSumFloat32(start, part, plan.pilot, plan.scale, rows.start, counts.spread())
            } else {
                loops.countAndSumFloat32(start, part, plan.pilot, plan.scale, rows.start, counts.table)
            }
            anyIsCounted = anyIsCounted || isCounted
            from += run
        }
        return anyIsCounted
    }
}

/// What the loops over a block of float32 leave: rows of eight lanes. VectorLoops says what is in them.
struct Float32Rows {
    let start = UnsafeMutableRawPointer.allocate(byteCount: float32RowCount * 32, alignment: 32)

    func floats(_ row: Int) -> SIMD8<Float> { start.load(fromByteOffset: row * 32, as: SIMD8<Float>.self) }
    func patterns(_ row: Int) -> SIMD8<Int32> { start.load(fromByteOffset: row * 32, as: SIMD8<Int32>.self) }

    /// The k-th sum.
    @inline(__always) func total(_ k: Int) -> Double {
        let lanes = start.load(fromByteOffset: (sumRows + k) * 32, as: SIMD4<Double>.self)
        return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
    }
}

/// What a loop has seen of a span of blocks.
struct Float32Survey {
    let smallest: Float
    let largest: Float

    @inline(__always) init(_ rows: Float32Rows) {
        // Halving: vector instructions of every processor. The lanes hold no NaN.
        smallest = folded(rows.floats(smallestRow)) { a, b in a.replacing(with: b, where: b .< a) }
        largest = folded(rows.floats(largestRow)) { a, b in a.replacing(with: b, where: b .> a) }
    }

    var range: Float { largest - smallest }

    /// Whether float32 lanes can hold the sums. If not, what the loop sums up is not used.
    var isRegular: Bool {
        (range == 0 || range >= Float32Plan.smallestRange) && Swift.max(abs(smallest), abs(largest)) < Float32Plan.largestMagnitude
    }

    /// The larger of the extremes' magnitudes, as a code.
    var largestMagnitude: UInt16 {
        UInt16(truncatingIfNeeded: Swift.max(abs(smallest), abs(largest)).bitPattern >> 16)
    }
}

/// How a span of blocks is summed up.
struct Float32Plan {
    static let smallestRange: Float = 0x1p-90
    static let largestMagnitude: Float = 0x1p100

    let pilot: Float
    let scale: Float

    /// Powers of deviations are summed in float32. The scale brings `range` to 1…2.2, so that none overflows and none that matters
    /// underflows. It is no power of two but a little more, by `turn`: values that repeat themselves, or are multiples of one step,
    /// would have the same rounding errors everywhere (odd squares are 1 modulo 8, so ties always round down), but not when every
    /// span is stretched otherwise. The pilot is the middle one of three elements, which withstands an outlier.
    ///
    /// - Parameter range: of values like those of the span; anything at all if nothing is known of it.
    @inline(__always) init(_ start: UnsafeRawPointer, range: Float, turn: Int) {
        pilot = Float32Plan.median(start)
        let isUsable = range >= Float32Plan.smallestRange && range < 2 * Float32Plan.largestMagnitude
        let stretch = Float((UInt32(truncatingIfNeeded: turn &+ 1) &* 0x9E37_79B9) >> 8) * 0x1p-28
        scale = Float(bitPattern: (254 &- (isUsable ? range : 1).bitPattern >> 23) << 23) * (1 + stretch)
    }

    /// Whether a span whose range is this is well scaled: deviations of a constant are 0, and the fourth powers of others neither
    /// overflow nor lose digits.
    func fits(_ range: Float) -> Bool {
        let scaled = range * scale
        return range == 0 || (scaled >= 0x1p-8 && scaled <= 0x1p16)
    }

    /// Of the first block, which is on its way from memory already.
    private static func median(_ start: UnsafeRawPointer) -> Float {
        let a = start.loadUnaligned(as: Float.self)
        let b = start.loadUnaligned(fromByteOffset: float32BlockLength * 2, as: Float.self)
        let c = start.loadUnaligned(fromByteOffset: float32BlockLength * 4 - 4, as: Float.self)
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

/// The spans of a chunk together: power sums about the first one's pilot, in float64.
///
/// The pilot is near values of the chunk that make up 1/256 of it at least, which bounds what cancels to a few digits.
struct Float32Sums {
    private var sums = PowerSums(pilot: 0, count: 0)
    private var isOnBinEdges = true
    private var lowest = Int32.max
    private var highest = Int32.min
    private var zeros = 0
    private var small = 0

    /// Adds what a loop has summed up of a span.
    ///
    /// - Returns: false, and nothing is added, if there is a NaN in the span, or its pilot is so far from its mean that digits are
    ///   lost.
    @inline(__always) mutating func add(_ length: Int, _ rows: Float32Rows, _ survey: Float32Survey, _ plan: Float32Plan) -> Bool {
        let n = Double(length)
        let absolute = rows.total(4)
        guard !absolute.isNaN else { return false }
        // Of a constant there is nothing to round, but Σ|x| would be.
        if survey.range == 0 {
            add(n, pilot: Double(survey.smallest), 0, 0, 0, 0)
            sums.absolute += n * Double(abs(survey.smallest))
            return true
        }
        let first = rows.total(0)
        let second = rows.total(1)
        guard first * first <= 0.9 * n * second else { return false }
        let up = 1 / Double(plan.scale)
        add(
            n, pilot: Double(plan.pilot), first * up, second * (up * up), rows.total(2) * (up * up * up),
            rows.total(3) * (up * up * up * up))
        sums.absolute += absolute
        return true
    }

    /// Adds power sums of deviations from `pilot`.
    @inline(__always) private mutating func add(_ n: Double, pilot: Double, _ s1: Double, _ s2: Double, _ s3: Double, _ s4: Double) {
        if sums.count == 0 { sums.pilot = pilot }
        let shift = pilot - sums.pilot
        let square = shift * shift
        sums.count += n
        sums.first += s1 + n * shift
        sums.second += s2 + 2 * shift * s1 + n * square
        sums.third += s3 + 3 * shift * s2 + 3 * square * s1 + n * (square * shift)
        sums.fourth += s4 + 4 * shift * s3 + 6 * square * s2 + 4 * (square * shift) * s1 + n * (square * square)
    }

    /// Looks whether the span's values are all on edges of bins, unless an earlier one's are not. Most data need one block for that.
    @inline(__always) mutating func checkBinEdges(_ span: UnsafeRawPointer, _ blocks: Int, _ loops: Loops) {
        var block = 0
        while isOnBinEdges && block < blocks {
            isOnBinEdges = loops.unionFloat32(span + block &* float32BlockLength &* 4) & 0xFFFF == 0
            block &+= 1
        }
    }

    /// Adds what there is of zeros and subnormals in the span, and its extremes.
    ///
    /// - Parameter surveySmall: writes down what there is, if there is any.
    /// - Returns: the smallest magnitude that is not zero, as a pattern.
    @inline(__always) mutating func countSmall(_ rows: Float32Rows, _ survey: Float32Survey, surveySmall: () -> Void) -> UInt32 {
        var least = folded(rows.patterns(magnitudeRow)) { a, b in a.replacing(with: b, where: b .< a) }
        var smallest = survey.smallest.bitPattern
        var largest = survey.largest.bitPattern
        if least < Int32(Float32Element.smallestNormal) {
            surveySmall()
            let (zeroLanes, smallLanes, leastLanes) = (rows.patterns(sumRows), rows.patterns(sumRows + 1), rows.patterns(sumRows + 2))
            let (positive, negative) = (rows.patterns(sumRows + 3), rows.patterns(sumRows + 4))
            least = .max
            var (hasPositiveZero, hasNegativeZero) = (false, false)
            for lane in 0..<8 {
                zeros &+= Int(zeroLanes[lane])
                small &+= Int(smallLanes[lane])
                least = Swift.min(least, leastLanes[lane])
                if positive[lane] < 0 { hasPositiveZero = true }
                if negative[lane] < 0 { hasNegativeZero = true }
            }
            // Comparisons take −0 and +0 for the same.
            if survey.smallest == 0 { smallest = hasNegativeZero ? 0x8000_0000 : 0 }
            if survey.largest == 0 { largest = hasPositiveZero ? 0 : 0x8000_0000 }
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
        tally.isOnBinEdges = isOnBinEdges
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
