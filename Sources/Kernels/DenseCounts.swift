#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import VectorLoops

/// A counter for each of the 65,536 codes or 16-bit patterns; all zero between passes.
///
/// Data that repeat themselves are counted in several tables, which neighbours take in turn; `move` adds them up. Memory that is never
/// touched is never there, and only what may have been touched is gone through.
final class DenseCounts {
    /// The first table.
    let table: UnsafeMutablePointer<UInt32>

    /// Magnitudes (codes without sign) whose counters may be nonzero, in any of the tables, and in those after the first.
    private var touched = Magnitudes()
    private var isSpread = false

    private struct Magnitudes {
        var lowest = 0x8000
        var highest = -1
    }

    /// nil if the system gives no memory.
    init?() {
        // Zero pages that become memory when they are written to.
        guard let memory = calloc(tableStride * tableCount, 4) else { return nil }
        table = memory.bindMemory(to: UInt32.self, capacity: tableStride * tableCount)
    }

    deinit { free(table) }

    /// Says that counters of these magnitudes, of either sign, may have been touched. Those of zero are taken to be, always.
    @inline(__always) func touch(magnitudes from: UInt16, _ to: UInt16) {
        touched.lowest = Swift.min(touched.lowest, Int(from & 0x7FFF))
        touched.highest = Swift.max(touched.highest, Int(to & 0x7FFF))
    }

    /// The first of the tables, all of which may be touched from now on.
    @inline(__always) func spread() -> UnsafeMutablePointer<UInt32> {
        isSpread = true
        return table
    }

    /// Counts the codes of finite values, from each of which `origin` is subtracted first.
    func add(_ values: UnsafeBufferPointer<Double>, minus origin: Double) {
        for value in values {
            let code = Code.of(value - origin)
            table[Int(code)] &+= 1
            touch(magnitudes: code, code)
        }
    }

    /// Moves the counters that are not zero to `list`, ascending in value, and leaves the tables empty.
    func move(to list: CountList) {
        list.count = 0
        // Groups of counters: that of zero, and from the lowest to the highest.
        let first = Swift.max(1, touched.lowest / groupLength)
        let groups = first..<Swift.max(first, touched.highest / groupLength + 1)
        if isSpread {
            for group in [0..<1, groups].joined() {
                gather(group &* groupLength)
                gather(0x8000 &+ group &* groupLength)
            }
        }
        for group in groups.reversed() { moveDescending(0x8000 &+ group &* groupLength, to: list) }
        moveDescending(0x8000, to: list)
        moveAscending(0, to: list)
        for group in groups { moveAscending(group &* groupLength, to: list) }
        touched = Magnitudes()
        isSpread = false
    }

    private var groupLength: Int { 16 }

    /// Adds the other tables' counters of a group to the first's.
    private func gather(_ first: Int) {
        for copy in 1..<tableCount {
            let other = table + (copy &* tableStride &+ first)
            guard !isEmpty(other) else { continue }
            for i in 0..<groupLength {
                table[first &+ i] &+= other[i]
                other[i] = 0
            }
        }
    }

    private func moveAscending(_ first: Int, to list: CountList) {
        guard !isEmpty(table + first) else { return }
        for code in first..<first &+ groupLength { move(code, to: list) }
    }

    private func moveDescending(_ first: Int, to list: CountList) {
        guard !isEmpty(table + first) else { return }
        for code in (first..<first &+ groupLength).reversed() { move(code, to: list) }
    }

    @inline(__always) private func move(_ code: Int, to list: CountList) {
        let count = table[code]
        if count != 0 {
            table[code] = 0
            list.append(UInt16(truncatingIfNeeded: code), count)
        }
    }

    /// Whether all counters of a group are zero.
    @inline(__always) private func isEmpty(_ group: UnsafeMutablePointer<UInt32>) -> Bool {
        let pairs = UnsafeRawPointer(group).loadUnaligned(as: SIMD8<UInt64>.self)
        let folded = pairs.lowHalf | pairs.highHalf
        return folded[0] | folded[1] | folded[2] | folded[3] == 0
    }
}

/// The nonzero counters of a table, ascending in value: memory that is used again and again.
final class CountList {
    let codes: UnsafeMutablePointer<UInt16>
    let counts: UnsafeMutablePointer<UInt32>
    var count = 0

    init() {
        codes = .allocate(capacity: Code.count)
        codes.initialize(repeating: 0, count: Code.count)
        counts = .allocate(capacity: Code.count)
        counts.initialize(repeating: 0, count: Code.count)
    }

    deinit {
        codes.deallocate()
        counts.deallocate()
    }

    @inline(__always) func append(_ code: UInt16, _ count: UInt32) {
        codes[self.count] = code
        counts[self.count] = count
        self.count &+= 1
    }
}
