/// What a pass over a buffer must find, element by element: the readable reference beside the fast loops.
///
/// Counts, extremes and flags of the fast loops agree with it exactly, sums up to rounding.
package func referencePass(_ buffer: ElementBuffer, origin: Double? = nil) -> Pass {
    switch buffer.type {
    case .float32: referencePass(Float32Element.self, buffer, origin)
    case .float64: referencePass(Float64Element.self, buffer, origin)
    case .float16: referencePass(Float16Element.self, buffer, origin)
    case .bfloat16: referencePass(BFloat16Element.self, buffer, origin)
    }
}

private func referencePass<E: Element>(_ element: E.Type, _ buffer: ElementBuffer, _ origin: Double?) -> Pass {
    var pass = Pass()
    var values: [Double] = []
    for i in 0..<buffer.count {
        guard let start = buffer.start else { break }
        let bits = start.loadUnaligned(fromByteOffset: i * MemoryLayout<E.Bits>.size, as: E.Bits.self)
        pass.tally.countSpecial(E.self, bits, 1)
        if bits & E.magnitudeMask < E.infinity { values.append(E.value(bits)) }
    }
    values.sort { $0.orderKey < $1.orderKey }
    guard let first = values.first, let last = values.last else { return pass }
    pass.tally.minimum = first
    pass.tally.maximum = last
    pass.tally.absoluteSum = values.reduce(0) { $0 + abs($1) }
    pass.tally.isOnBinEdges = values.allSatisfy { Code.innerEdge(Code.of($0)).bitPattern == $0.bitPattern }
    pass.tally.moments = referenceMoments(values)
    pass.codes = CodeCounts(ascending: values)
    if let origin { pass.centred = CodeCounts(ascending: values.map { $0 - origin }) }
    return pass
}

/// Central moment sums in two passes over the values.
private func referenceMoments(_ values: [Double]) -> Moments {
    var moments = Moments()
    moments.exponent = Moments.unit(largest: values.reduce(0) { Swift.max($0, abs($1)) })
    let scaled = values.map { $0 * Double.powerOf2(-moments.exponent) }
    let mean = scaled.reduce(0, +) / Double(values.count)
    moments.count = UInt64(values.count)
    moments.mean = mean * Double.powerOf2(moments.exponent)
    for value in scaled {
        let d = value - mean
        moments.m2 += d * d
        moments.m3 += d * d * d
        moments.m4 += d * d * d * d
    }
    return moments
}

extension CodeCounts {
    fileprivate init(ascending values: [Double]) {
        self.init()
        for value in values { append(Code.of(value), 1) }
    }
}
