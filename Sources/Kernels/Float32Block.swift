/// A block of float32 values, as many as fit into the first-level cache.
///
/// Patterns are classified as integers. `loadUnaligned` of eight lanes compiles to plain vector loads on every target; the
/// upper half of a little-endian pattern lies two bytes in.
struct Float32Block {
    let start: UnsafeRawPointer
    let count: Int

    /// What the patterns say, taken as integers.
    struct Survey {
        /// The smallest and largest order key: `key` of the patterns, those of NaN included.
        var lowest = Int32.max
        var highest = Int32.min
        /// How many magnitudes are below the smallest normal number.
        var small = 0
        /// All patterns or-ed together.
        var union: UInt32 = 0

        var lowestRank: UInt16 { UInt16(truncatingIfNeeded: lowest >> 16) ^ 0x8000 }
        var highestRank: UInt16 { UInt16(truncatingIfNeeded: highest >> 16) ^ 0x8000 }
        var isFinite: Bool { lowest > Float32Block.key(0xFF80_0000) && highest < Float32Block.key(0x7F80_0000) }
    }

    /// An integer that is ordered as the values are, with −0 before +0. It is its own inverse.
    @inline(__always) static func key(_ bits: UInt32) -> Int32 {
        let bits = Int32(bitPattern: bits)
        return bits ^ ((bits >> 31) & Int32.max)
    }

    /// The value with an order key.
    static func value(key: Int32) -> Double {
        Double(Float(bitPattern: UInt32(bitPattern: key ^ ((key >> 31) & Int32.max))))
    }

    /// Counts the upper halves of all patterns, those of NaN and infinity too, and surveys the patterns.
    ///
    /// Counting waits for memory, so the survey in the same loop costs next to nothing.
    @inline(never) func countAndSurvey(_ table: UnsafeMutablePointer<UInt32>) -> Survey {
        typealias Lanes = SIMD8<Int32>
        var lowest = Lanes(repeating: .max)
        var highest = Lanes(repeating: .min)
        var small = Lanes(repeating: 0)
        var union = Lanes(repeating: 0)
        let mask = Lanes(repeating: .max)
        let one = Lanes(repeating: 1)
        let normal = Lanes(repeating: Int32(Float32Element.smallestNormal))
        var i = 0
        while i &+ 8 <= count {
            let upper = start + (i &* 4 &+ 2)
            count(upper, 0, table)
            count(upper, 1, table)
            count(upper, 2, table)
            count(upper, 3, table)
            count(upper, 4, table)
            count(upper, 5, table)
            count(upper, 6, table)
            count(upper, 7, table)
            let bits = start.loadUnaligned(fromByteOffset: i &* 4, as: Lanes.self)
            let key = bits ^ ((bits &>> 31) & mask)
            lowest.replace(with: key, where: key .< lowest)
            highest.replace(with: key, where: key .> highest)
            small.replace(with: small &+ one, where: (bits & mask) .< normal)
            union |= bits
            i &+= 8
        }
        var survey = Survey(lowest: lowest.min(), highest: highest.max(), small: Int(small.wrappedSum()))
        for lane in 0..<8 { survey.union |= UInt32(bitPattern: union[lane]) }
        while i < count {
            let bits = start.loadUnaligned(fromByteOffset: i &* 4, as: UInt32.self)
            table[Int(bits >> 16)] &+= 1
            survey.lowest = Swift.min(survey.lowest, Float32Block.key(bits))
            survey.highest = Swift.max(survey.highest, Float32Block.key(bits))
            if bits & Float32Element.magnitudeMask < Float32Element.smallestNormal { survey.small += 1 }
            survey.union |= bits
            i &+= 1
        }
        return survey
    }

    @inline(__always) private func count(_ upper: UnsafeRawPointer, _ lane: Int, _ table: UnsafeMutablePointer<UInt32>) {
        table[Int(upper.loadUnaligned(fromByteOffset: lane &* 4, as: UInt16.self))] &+= 1
    }

    /// How many patterns are +0 or −0.
    @inline(never) func countZeros() -> Int {
        typealias Lanes = SIMD8<Int32>
        var zeros = Lanes(repeating: 0)
        let mask = Lanes(repeating: .max)
        let one = Lanes(repeating: 1)
        var i = 0
        while i &+ 8 <= count {
            let bits = start.loadUnaligned(fromByteOffset: i &* 4, as: Lanes.self)
            zeros.replace(with: zeros &+ one, where: (bits & mask) .< one)
            i &+= 8
        }
        var result = Int(zeros.wrappedSum())
        while i < count {
            if start.loadUnaligned(fromByteOffset: i &* 4, as: UInt32.self) << 1 == 0 { result += 1 }
            i &+= 1
        }
        return result
    }

    /// The power sums of a block without NaN or infinity. float32's range needs no scaling in float64.
    func powerSums() -> PowerSums {
        PowerSums.aboutMean(startingFrom: median(self[0], self[count / 2], self[count - 1])) { powerSums(about: $0) }
    }

    @inline(never) private func powerSums(about pilot: Double) -> PowerSums {
        var lanes = PowerSumLanes()
        let pilots = SIMD4(repeating: pilot)
        var i = 0
        while i &+ 4 <= count {
            let x = start.loadUnaligned(fromByteOffset: i &* 4, as: SIMD4<Float>.self)
            let value = SIMD4(Double(x[0]), Double(x[1]), Double(x[2]), Double(x[3]))
            lanes.add(deviations: value - pilots, magnitudes: value.magnitudes)
            i &+= 4
        }
        var sums = lanes.sums(pilot: pilot, count: count)
        while i < count {
            sums.add(self[i], magnitude: abs(self[i]))
            i &+= 1
        }
        return sums
    }

    private subscript(i: Int) -> Double {
        Double(start.loadUnaligned(fromByteOffset: i &* 4, as: Float.self))
    }
}
