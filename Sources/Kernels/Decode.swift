/// Writes the finite values of a buffer to `values`, which has room for all elements, in memory order.
///
/// - Parameter tally: gets the special values: NaN, infinities, zeros and subnormals.
/// - Returns: what was written.
func decode(_ buffer: ElementBuffer, into values: UnsafeMutablePointer<Double>, tally: inout Tally)
    -> UnsafeBufferPointer<Double>
{
    guard let start = buffer.start else { return UnsafeBufferPointer(start: values, count: 0) }
    let count = switch buffer.type {
    case .float32: decode(Float32Element.self, start, buffer.count, into: values, tally: &tally)
    case .float64: decode(Float64Element.self, start, buffer.count, into: values, tally: &tally)
    case .float16: decode(Float16Element.self, start, buffer.count, into: values, tally: &tally)
    case .bfloat16: decode(BFloat16Element.self, start, buffer.count, into: values, tally: &tally)
    case .float8_e4m3fn, .float8_e5m2, .int8: fatalError("bytes are counted by pattern")
    }
    return UnsafeBufferPointer(start: values, count: count)
}

private func decode<E: Element>(
    _ element: E.Type, _ start: UnsafeRawPointer, _ count: Int, into values: UnsafeMutablePointer<Double>,
    tally: inout Tally
) -> Int {
    var written = 0
    var i = 0
    while i < count {
        let bits = start.loadUnaligned(fromByteOffset: i &* MemoryLayout<E.Bits>.size, as: E.Bits.self)
        if bits & E.magnitudeMask < E.infinity {
            values[written] = E.value(bits)
            written &+= 1
            if bits & E.magnitudeMask < E.smallestNormal { tally.countSpecial(E.self, bits, 1) }
        } else {
            tally.countSpecial(E.self, bits, 1)
        }
        i &+= 1
    }
    return written
}

extension Tally {
    /// Counts a pattern that is zero, subnormal, infinite or NaN; others change nothing.
    ///
    /// - Parameter smallestNormal: of the type that the values were stored in, if it is another than this element's.
    mutating func countSpecial<E: Element>(
        _ element: E.Type, _ bits: E.Bits, _ count: UInt64, smallestNormal: E.Bits = E.smallestNormal
    ) {
        let magnitude = bits & E.magnitudeMask
        if magnitude == 0 {
            zeros += count
        } else if magnitude < smallestNormal {
            subnormals += count
        } else if magnitude > E.infinity {
            nan += count
        } else if magnitude == E.infinity {
            if bits == magnitude { positiveInfinity += count } else { negativeInfinity += count }
        }
    }
}
