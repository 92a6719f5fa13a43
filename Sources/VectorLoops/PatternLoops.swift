import CProcessor

/// Counts 16-bit patterns in one table.
@inline(never) package func countPatterns(_ start: UnsafeRawPointer, _ count: Int, _ table: UnsafeMutablePointer<UInt32>) {
    pass(start, count, table, stride: 0)
}

/// The same in all tables, which neighbours take in turn: for data that repeat themselves, where a counter would wait for its
/// last increment.
@inline(never) package func spreadPatterns(
    _ start: UnsafeRawPointer, _ count: Int, _ table: UnsafeMutablePointer<UInt32>
) {
    pass(start, count, table, stride: tableStride)
}

@_transparent private func pass(
    _ start: UnsafeRawPointer, _ count: Int, _ table: UnsafeMutablePointer<UInt32>, stride: Int
) {
    var i = 0
    while i &+ 8 <= count {
        // Once for each line of the cache.
        if i & 31 == 0 { processor_prefetch(start + (i &* 2 &+ 4096)) }
        let four = start.loadUnaligned(fromByteOffset: i &* 2, as: UInt64.self)
        let next = start.loadUnaligned(fromByteOffset: i &* 2 &+ 8, as: UInt64.self)
        let table = stride == 0 ? table : table + (i & 8) &* stride
        table[Int(four & 0xFFFF)] &+= 1
        table[stride &+ Int((four &>> 16) & 0xFFFF)] &+= 1
        table[2 &* stride &+ Int((four &>> 32) & 0xFFFF)] &+= 1
        table[3 &* stride &+ Int(four &>> 48)] &+= 1
        table[4 &* stride &+ Int(next & 0xFFFF)] &+= 1
        table[5 &* stride &+ Int((next &>> 16) & 0xFFFF)] &+= 1
        table[6 &* stride &+ Int((next &>> 32) & 0xFFFF)] &+= 1
        table[7 &* stride &+ Int(next &>> 48)] &+= 1
        i &+= 8
    }
    while i < count {
        table[Int(start.loadUnaligned(fromByteOffset: i &* 2, as: UInt16.self))] &+= 1
        i &+= 1
    }
}
