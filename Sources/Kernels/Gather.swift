extension ElementBuffer {
    /// Reads single elements, rounded to float32; NaN and infinities stay what they are.
    ///
    /// - Parameters:
    ///   - places: of the elements, ascending, counted in the order of indices (the last axis fastest) over all buffers that make up
    ///     a tensor. Those before and behind this buffer are passed over.
    ///   - offset: how many elements the buffers before this one have.
    ///   - values: one for each of the places; those of this buffer's elements are written.
    package func gather(_ places: [Int], offset: Int, into values: UnsafeMutableBufferPointer<Float>) {
        guard let start, count > 0 else { return }
        let from = places.firstIndexNotBelow(offset)
        let to = places.firstIndexNotBelow(offset + count)
        if from == to { return }
        let slots = from..<to
        // All of a small tensor, as it lies in memory.
        if type == .float32, order == nil, slots.count == count {
            UnsafeMutableRawPointer(values.baseAddress.unsafelyUnwrapped + from)
                .copyMemory(from: start, byteCount: count * MemoryLayout<Float>.size)
            return
        }
        switch type {
        // Conversions of these are of integers: a processor that flushes subnormals to zero does nothing to them.
        case .float32:
            gather(slots, places, offset, start, values) { (bits: UInt32) in Float(bitPattern: bits) }
        case .bfloat16:
            gather(slots, places, offset, start, values) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
        case .float16:
            withDefaultFloatingPoint { gather(slots, places, offset, start, values, float(float16:)) }
        case .float64:
            withDefaultFloatingPoint {
                gather(slots, places, offset, start, values) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
            }
        case .float8_e4m3fn, .float8_e5m2, .int8:
            guard let table = ByteType.of(type)?.bfloat16 else { return }
            gather(slots, places, offset, start, values) { (bits: UInt8) in Float(bitPattern: UInt32(table[Int(bits)]) << 16) }
        }
    }

    @inline(__always)
    private func gather<Bits: BitwiseCopyable>(
        _ slots: Range<Int>, _ places: [Int], _ offset: Int, _ start: UnsafeRawPointer,
        _ values: UnsafeMutableBufferPointer<Float>, _ float: (Bits) -> Float
    ) {
        places.withUnsafeBufferPointer { places in
            if let order {
                for slot in slots {
                    let byte = order.offset(of: places[slot] &- offset)
                    values[slot] = float(start.loadUnaligned(fromByteOffset: byte, as: Bits.self))
                }
            } else {
                for slot in slots {
                    let byte = (places[slot] &- offset) &* MemoryLayout<Bits>.size
                    values[slot] = float(start.loadUnaligned(fromByteOffset: byte, as: Bits.self))
                }
            }
        }
    }
}

private func float(float16 bits: UInt16) -> Float {
    let magnitude = bits & Float16Element.magnitudeMask
    if magnitude < Float16Element.infinity { return Float(Float16Element.value(bits)) }
    if magnitude > Float16Element.infinity { return .nan }
    return bits == magnitude ? .infinity : -.infinity
}

extension [Int] {
    /// Of an ascending array.
    fileprivate func firstIndexNotBelow(_ value: Int) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
