extension Scratch {
    /// Reads a buffer for its finite values themselves, ascending (−0 before +0), and sums.
    ///
    /// The sums are those of the sorted values: they do not depend on the order in memory.
    ///
    /// - Parameter capacity: at least the number of finite values.
    package func readSorted(_ buffer: ElementBuffer, capacity: Int) -> (tally: Tally, values: [Double]) {
        var room: UnsafeMutableRawPointer?
        defer { room?.deallocate() }
        func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
            room = memory
            return memory
        }
        return buffer.withoutGaps(allocate) { sorted($0, capacity) }
    }

    private func sorted(_ buffer: ElementBuffer, _ capacity: Int) -> (tally: Tally, values: [Double]) {
        withDefaultFloatingPoint {
            switch buffer.type {
            case .float32: sorted(Float32Element.self, buffer, capacity)
            case .float64: sorted(Float64Element.self, buffer, capacity)
            case .float16: sorted(Float16Element.self, buffer, capacity)
            case .bfloat16: sorted(BFloat16Element.self, buffer, capacity)
            case .float8_e4m3fn, .float8_e5m2, .int8: sortedByCounting(buffer)
            }
        }
    }

    private func sortedByCounting(_ buffer: ElementBuffer) -> (tally: Tally, values: [Double]) {
        let pass = read(buffer)
        var values: [Double] = []
        values.reserveCapacity(Int(pass.tally.moments.count))
        for (code, count) in zip(pass.codes.codes, pass.codes.counts) {
            // Bytes are edges of bins.
            values.append(contentsOf: repeatElement(Code.innerEdge(code), count: Int(count)))
        }
        return (pass.tally, values)
    }

    @inline(never) private func sorted<E: Element>(_ element: E.Type, _ buffer: ElementBuffer, _ capacity: Int)
        -> (tally: Tally, values: [Double])
    {
        guard let start = buffer.start else { return (Tally(), []) }
        var tally = Tally()
        // Not 0: Swift would write to the storage that all empty arrays share.
        let capacity = Swift.max(1, capacity)
        let values = [Double](unsafeUninitializedCapacity: capacity) { values, used in
            withUnsafeTemporaryAllocation(of: E.Bits.self, capacity: 2 * capacity) { memory in
                let keys = UnsafeMutableBufferPointer(rebasing: memory[..<capacity])
                used = finiteKeys(E.self, start, buffer.count, into: keys, tally: &tally)
                let spare = UnsafeMutableBufferPointer(rebasing: memory[capacity ..< capacity + used])
                sort(UnsafeMutableBufferPointer(rebasing: keys[..<used]), spare: spare)
                for i in 0..<used { values.initializeElement(at: i, to: E.value(E.bits(orderKey: keys[i]))) }
            }
        }
        values.withUnsafeBufferPointer { all in
            var from = 0
            while from < all.count {
                let to = Swift.min(all.count, from + Scratch.blockLength)
                let block = Float64Block(UnsafeBufferPointer(rebasing: all[from..<to]))
                tally.merge(Tally(block, block.countAndSurvey(nil)))
                from = to
            }
        }
        return (tally, values)
    }
}

/// Writes the order keys of the finite values and counts the special ones.
///
/// - Returns: how many there are.
private func finiteKeys<E: Element>(
    _ element: E.Type, _ start: UnsafeRawPointer, _ count: Int, into keys: UnsafeMutableBufferPointer<E.Bits>,
    tally: inout Tally
) -> Int {
    var written = 0
    for i in 0..<count {
        let bits = start.loadUnaligned(fromByteOffset: i &* MemoryLayout<E.Bits>.size, as: E.Bits.self)
        let magnitude = bits & E.magnitudeMask
        if magnitude < E.smallestNormal || magnitude >= E.infinity { tally.countSpecial(E.self, bits, 1) }
        if magnitude < E.infinity {
            keys.initializeElement(at: written, to: E.orderKey(bits))
            written += 1
        }
    }
    return written
}

/// Sorts keys: by insertion if there are few, else by their bytes, the lowest first.
///
/// - Parameter spare: room for as many keys, no more.
private func sort<Key: FixedWidthInteger & UnsignedInteger>(
    _ keys: UnsafeMutableBufferPointer<Key>, spare: UnsafeMutableBufferPointer<Key>
) {
    precondition(spare.count == keys.count)
    guard keys.count > 48 else { return insertionSort(keys) }
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 256 * MemoryLayout<Key>.size) { counts in
        counts.initialize(repeating: 0)
        for key in keys {
            for byte in 0..<MemoryLayout<Key>.size { counts[byte << 8 | digit(key, byte)] &+= 1 }
        }
        var from = keys
        var to = spare
        for byte in 0..<MemoryLayout<Key>.size {
            let places = UnsafeMutableBufferPointer(rebasing: counts[byte << 8 ..< (byte + 1) << 8])
            if places[digit(from[0], byte)] == keys.count { continue }
            var next: Int32 = 0
            for value in 0..<256 { (places[value], next) = (next, next &+ places[value]) }
            for key in from {
                to.initializeElement(at: Int(places[digit(key, byte)]), to: key)
                places[digit(key, byte)] &+= 1
            }
            swap(&from, &to)
        }
        if from.baseAddress != keys.baseAddress { _ = keys.update(fromContentsOf: from[..<keys.count]) }
    }
}

@inline(__always) private func digit<Key: FixedWidthInteger>(_ key: Key, _ byte: Int) -> Int {
    Int(truncatingIfNeeded: key &>> Key(truncatingIfNeeded: byte &* 8)) & 0xFF
}

private func insertionSort<Key: FixedWidthInteger>(_ keys: UnsafeMutableBufferPointer<Key>) {
    guard keys.count > 1 else { return }
    for i in 1..<keys.count {
        let key = keys[i]
        var j = i
        while j > 0 && keys[j - 1] > key {
            keys[j] = keys[j - 1]
            j -= 1
        }
        keys[j] = key
    }
}
