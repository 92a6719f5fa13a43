/// Writes the finite values of a buffer to `values`, which has room for all elements, and counts the special ones.
///
/// - Returns: what was written.
func decode(_ buffer: ElementBuffer, into values: UnsafeMutablePointer<Double>, tally: inout Tally)
    -> UnsafeBufferPointer<Double>
{
    let count = switch buffer.type {
    case .float32: decode(Float32Element.self, buffer, into: values, tally: &tally)
    case .float64: decode(Float64Element.self, buffer, into: values, tally: &tally)
    case .float16: decode(Float16Element.self, buffer, into: values, tally: &tally)
    case .bfloat16: decode(BFloat16Element.self, buffer, into: values, tally: &tally)
    }
    return UnsafeBufferPointer(start: values, count: count)
}

private func decode<E: Element>(
    _ type: E.Type, _ buffer: ElementBuffer, into values: UnsafeMutablePointer<Double>, tally: inout Tally
) -> Int {
    guard let start = buffer.start else { return 0 }
    var written = 0
    for i in 0..<buffer.count {
        let bits = start.loadUnaligned(fromByteOffset: i &* MemoryLayout<E.Bits>.size, as: E.Bits.self)
        let magnitude = bits & E.magnitudeMask
        if magnitude < E.infinity {
            if magnitude < E.smallestNormal {
                if magnitude == 0 { tally.zeros += 1 } else { tally.subnormals += 1 }
            }
            values[written] = E.value(bits)
            written &+= 1
        } else if magnitude > E.infinity {
            tally.nan += 1
        } else if bits == E.infinity {
            tally.positiveInfinity += 1
        } else {
            tally.negativeInfinity += 1
        }
    }
    return written
}

extension Tally {
    /// Adds a block of finite values: extremes, norms, moments, and whether they sit on bin edges.
    mutating func addFinite(_ values: UnsafeBufferPointer<Double>) {
        guard !values.isEmpty else { return }
        var part = Tally()
        for value in values {
            part.minimum = Double(orderKey: Swift.min(part.minimum.orderKey, value.orderKey))
            part.maximum = Double(orderKey: Swift.max(part.maximum.orderKey, value.orderKey))
            part.absoluteSum += abs(value)
            part.isOnBinEdges = part.isOnBinEdges && Code.innerEdge(Code.of(value)).bitPattern == value.bitPattern
        }
        part.moments = Moments(values, largest: Swift.max(abs(part.minimum), abs(part.maximum)))
        merge(part)
    }
}
