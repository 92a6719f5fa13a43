/// A block of float64 values, as many as fit into the first-level cache: a trainer's, or decoded from another type.
struct Float64Block {
    let start: UnsafeRawPointer
    let count: Int

    init(start: UnsafeRawPointer, count: Int) {
        self.start = start
        self.count = count
    }

    /// A block of values that are not empty.
    init(_ values: UnsafeBufferPointer<Double>) {
        self.init(start: UnsafeRawPointer(values.baseAddress!), count: values.count)
    }

    /// What the patterns say, taken as integers.
    struct Survey {
        /// The smallest and largest order key, those of NaN included.
        var lowest = Int64.max
        var highest = Int64.min
        var zeros: UInt64 = 0
        var subnormals: UInt64 = 0
        /// Whether every finite value is the inner edge of its bin.
        var isOnBinEdges = true

        var isFinite: Bool { lowest > (-Double.infinity).orderKey && highest < Double.infinity.orderKey }
        /// The largest magnitude of the finite values' codes.
        var largestMagnitude: UInt16 {
            isFinite
                ? Swift.max(Code.of(Double(orderKey: lowest)) & 0x7FFF, Code.of(Double(orderKey: highest)) & 0x7FFF)
                : Code.largest
        }
    }

    /// Surveys the patterns and counts the codes of all finite values.
    ///
    /// - Parameter table: nil to survey alone.
    @inline(never) func countAndSurvey(_ table: UnsafeMutablePointer<UInt32>?) -> Survey {
        var survey = Survey()
        var normalBits: UInt64 = 0
        var i = 0
        while i < count {
            let value = self[i]
            survey.lowest = Swift.min(survey.lowest, value.orderKey)
            survey.highest = Swift.max(survey.highest, value.orderKey)
            if let code = Code.ofNormal(value) {
                normalBits |= value.bitPattern
                table?[Int(code)] &+= 1
            } else {
                survey.add(value, table)
            }
            i &+= 1
        }
        if normalBits & Code.droppedBits != 0 { survey.isOnBinEdges = false }
        return survey
    }

    /// The survey of ascending finite values.
    func surveySorted() -> Survey {
        var union: UInt64 = 0
        // The sign bit of this is set if a magnitude is below float32's normal range.
        var belowNormal: UInt64 = 0
        var i = 0
        while i < count {
            let bits = self[i].bitPattern
            union |= bits
            belowNormal |= (bits & Float64Element.magnitudeMask) &- (0x1p-126).bitPattern
            i &+= 1
        }
        let (first, last) = (self[0], self[count &- 1])
        guard belowNormal >> 63 == 0, first > -0x1p128, last < 0x1p128 else { return countAndSurvey(nil) }
        var survey = Survey()
        survey.lowest = first.orderKey
        survey.highest = last.orderKey
        survey.isOnBinEdges = union & Code.droppedBits == 0
        return survey
    }

    /// The power sums of a block without NaN or infinity, of values in units of 2^exponent.
    func powerSums(exponent: Int) -> PowerSums {
        let down = Double.powerOf2(-exponent)
        let pilot = median(self[0], self[count / 2], self[count - 1]) * down
        return PowerSums.aboutMean(startingFrom: pilot) { powerSums(about: $0, down) }
    }

    @inline(never) private func powerSums(about pilot: Double, _ down: Double) -> PowerSums {
        var lanes = PowerSumLanes()
        let pilots = SIMD4(repeating: pilot)
        let downs = SIMD4(repeating: down)
        var i = 0
        while i &+ 4 <= count {
            let value = start.loadUnaligned(fromByteOffset: i &* 8, as: SIMD4<Double>.self)
            lanes.add(deviations: value * downs - pilots, magnitudes: value.magnitudes)
            i &+= 4
        }
        var sums = lanes.sums(pilot: pilot, count: count)
        while i < count {
            sums.add(self[i] * down, magnitude: abs(self[i]))
            i &+= 1
        }
        return sums
    }

    private subscript(i: Int) -> Double {
        @inline(__always) get { start.loadUnaligned(fromByteOffset: i &* 8, as: Double.self) }
    }
}

extension Float64Block.Survey {
    /// Counts a value outside float32's normal range.
    fileprivate mutating func add(_ value: Double, _ table: UnsafeMutablePointer<UInt32>?) {
        let magnitude = value.bitPattern & Float64Element.magnitudeMask
        guard magnitude < Float64Element.infinity else { return }
        if magnitude == 0 {
            zeros += 1
        } else if magnitude < Float64Element.smallestNormal {
            subnormals += 1
        }
        let code = Code.of(value)
        if Code.innerEdge(code).bitPattern != value.bitPattern { isOnBinEdges = false }
        table?[Int(code)] &+= 1
    }
}
