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
                tally.merge(Tally(block, block.surveySorted()))
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

/// Sorts keys: by insertion if there are few, else by two digits. The uppermost digits of what their differences span are enough to
/// put almost all in order, and insertion does the rest.
///
/// Digits are those of the distance from the lowest key: the uppermost then tells more keys apart than that of the keys would.
///
/// - Parameter spare: room for as many keys, no more.
private func sort<Key: FixedWidthInteger & UnsignedInteger>(
    _ keys: UnsafeMutableBufferPointer<Key>, spare: UnsafeMutableBufferPointer<Key>
) {
    precondition(spare.count == keys.count)
    guard keys.count > 48 else {
        insertionSort(keys)
        return
    }
    var lowest = keys[0]
    var highest = keys[0]
    for key in keys {
        lowest = Swift.min(lowest, key)
        highest = Swift.max(highest, key)
    }
    let width = Key.bitWidth - (highest - lowest).leadingZeroBitCount
    // About as many values of a digit as there are keys.
    let digit = Swift.min(11, Int.bitWidth - keys.count.leadingZeroBitCount)
    let dropped = Swift.max(0, width - 2 * digit)
    sort(keys, spare, above: lowest, shift: dropped, digit: digit)
    if dropped > 0 && !insertionSort(keys, moves: 8 * keys.count) {
        for shift in stride(from: 0, to: width, by: 2 * digit) { sort(keys, spare, above: lowest, shift: shift, digit: digit) }
    }
}

/// Puts keys in the order of two digits of their distance from `lowest`; those that have the same stay in order.
///
/// - Parameters:
///   - shift: so many bits are below the digits.
///   - digit: bits of a digit.
private func sort<Key: FixedWidthInteger & UnsignedInteger>(
    _ keys: UnsafeMutableBufferPointer<Key>, _ spare: UnsafeMutableBufferPointer<Key>, above lowest: Key, shift: Int, digit: Int
) {
    let values = 1 << digit
    let (low, high) = (Key(truncatingIfNeeded: shift), Key(truncatingIfNeeded: Swift.min(shift + digit, Key.bitWidth - 1)))
    func value(_ key: Key, _ shift: Key) -> Int { Int(truncatingIfNeeded: (key &- lowest) &>> shift) & (values &- 1) }
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * values) { places in
        places.initialize(repeating: 0)
        for key in keys {
            places[value(key, low)] &+= 1
            places[values &+ value(key, high)] &+= 1
        }
        var next = (Int32(0), Int32(0))
        for value in 0..<values {
            (places[value], next.0) = (next.0, next.0 &+ places[value])
            (places[values &+ value], next.1) = (next.1, next.1 &+ places[values &+ value])
        }
        for key in keys {
            let value = value(key, low)
            spare.initializeElement(at: Int(places[value]), to: key)
            places[value] &+= 1
        }
        for key in spare {
            let value = values &+ value(key, high)
            keys[Int(places[value])] = key
            places[value] &+= 1
        }
    }
}

/// Sorts by insertion, but gives up after so many moves of a key by one place.
///
/// - Returns: whether the keys are sorted; if not, they are all still there.
@discardableResult
private func insertionSort<Key: FixedWidthInteger>(_ keys: UnsafeMutableBufferPointer<Key>, moves: Int = .max) -> Bool {
    guard keys.count > 1 else { return true }
    var left = moves
    for i in 1..<keys.count {
        let key = keys[i]
        if keys[i &- 1] <= key { continue }
        var j = i
        while j > 0 && keys[j &- 1] > key {
            keys[j] = keys[j &- 1]
            j &-= 1
        }
        keys[j] = key
        left &-= i &- j
        if left < 0 { return false }
    }
    return true
}
