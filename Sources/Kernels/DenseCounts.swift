/// A counter for each of the 65,536 codes or 16-bit patterns; all zero between passes.
final class DenseCounts {
    let table: UnsafeMutablePointer<UInt32>

    /// The ranks (`Code.rank`) between which counters may be nonzero.
    private var lowest = Code.count
    private var highest = -1

    init() {
        table = .allocate(capacity: Code.count)
        table.initialize(repeating: 0, count: Code.count)
    }

    deinit { table.deallocate() }

    /// Says that counters from one rank to another may have been touched.
    func touch(_ from: UInt16, _ to: UInt16) {
        lowest = Swift.min(lowest, Int(from))
        highest = Swift.max(highest, Int(to))
    }

    /// Counts the codes of finite values, from each of which `origin` is subtracted first.
    func add(_ values: UnsafeBufferPointer<Double>, minus origin: Double) {
        for value in values {
            let code = Code.of(value - origin)
            table[Int(code)] &+= 1
            touch(Code.rank(code), Code.rank(code))
        }
    }

    /// Moves the counters that are not zero to `list`, ascending in value, and leaves the table empty.
    func move(to list: CountList) {
        list.count = 0
        var rank = lowest
        while rank <= highest {
            if rank % DenseCounts.groupLength == 0 && isEmpty(group: rank) {
                rank &+= DenseCounts.groupLength
                continue
            }
            let code = Code.ofRank(UInt16(truncatingIfNeeded: rank))
            let count = table[Int(code)]
            if count != 0 {
                table[Int(code)] = 0
                list.append(code, count)
            }
            rank &+= 1
        }
        lowest = Code.count
        highest = -1
    }

    private static let groupLength = 16

    /// Whether all counters of a group are zero. A group begins at a multiple of its length; its counters are neighbours.
    private func isEmpty(group rank: Int) -> Bool {
        let first = Int(Code.ofRank(UInt16(truncatingIfNeeded: rank))) & ~(DenseCounts.groupLength - 1)
        let pairs = UnsafeRawPointer(table + first).loadUnaligned(as: SIMD8<UInt64>.self)
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
