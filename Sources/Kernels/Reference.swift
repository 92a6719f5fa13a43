/// What a pass over a buffer must find, element by element: the readable reference beside the fast loops.
///
/// Counts, extremes and flags of the fast loops agree with it exactly, sums up to rounding.
package func referencePass(_ buffer: ElementBuffer, origin: Double? = nil) -> Pass {
    var pass = Pass()
    var finite: [Double] = []
    for i in 0..<buffer.count {
        let value = referenceValue(of: buffer, at: i)
        if value.isNaN {
            pass.tally.nan += 1
        } else if value.isInfinite {
            if value > 0 { pass.tally.positiveInfinity += 1 } else { pass.tally.negativeInfinity += 1 }
        } else {
            finite.append(value)
            if value == 0 {
                pass.tally.zeros += 1
            } else if value.magnitude < smallestNormal(buffer.type) {
                pass.tally.subnormals += 1
            }
        }
    }
    finite.sort { $0.orderKey < $1.orderKey }
    guard let first = finite.first, let last = finite.last else { return pass }
    pass.tally.minimum = first
    pass.tally.maximum = last
    pass.tally.absoluteSum = finite.reduce(0) { $0 + abs($1) }
    pass.tally.isOnBinEdges = finite.allSatisfy { Code.innerEdge(Code.of($0)).bitPattern == $0.bitPattern }
    pass.tally.moments = referenceMoments(finite)
    pass.codes = CodeCounts(ascending: finite)
    if let origin { pass.centred = CodeCounts(ascending: finite.map { $0 - origin }) }
    return pass
}

/// An element by the definition of its type.
private func referenceValue(of buffer: ElementBuffer, at i: Int) -> Double {
    guard let start = buffer.address(of: i) else { return .nan }
    var pattern: UInt64 = 0
    for byte in 0..<buffer.type.byteCount {
        pattern |= UInt64(start.load(fromByteOffset: byte, as: UInt8.self)) << (8 * byte)
    }
    if buffer.type == .int8 { return Double(Int8(truncatingIfNeeded: pattern)) }

    let (exponentBits, mantissaBits) = layout(buffer.type)
    let bias = 1 << (exponentBits - 1) - 1
    let exponent = Int(pattern >> mantissaBits) & (1 << exponentBits - 1)
    let mantissa = pattern & (1 << mantissaBits - 1)
    let sign = pattern >> (exponentBits + mantissaBits) == 0 ? 1.0 : -1.0
    if buffer.type == .float8_e4m3fn {
        if exponent == 15 && mantissa == 7 { return .nan }
    } else if exponent == 1 << exponentBits - 1 {
        return mantissa == 0 ? sign * .infinity : .nan
    }
    if exponent == 0 { return sign * Double(mantissa) * .powerOf2(1 - bias - mantissaBits) }
    return sign * Double(mantissa + 1 << mantissaBits) * .powerOf2(exponent - bias - mantissaBits)
}

/// Bits of the exponent and of the mantissa. An int8 has neither.
private func layout(_ type: ElementType) -> (exponent: Int, mantissa: Int) {
    switch type {
    case .float64: (11, 52)
    case .float32: (8, 23)
    case .bfloat16: (8, 7)
    case .float16: (5, 10)
    case .float8_e5m2: (5, 2)
    case .float8_e4m3fn: (4, 3)
    case .int8: (0, 0)
    }
}

private func smallestNormal(_ type: ElementType) -> Double {
    type == .int8 ? 0 : .powerOf2(2 - 1 << (layout(type).exponent - 1))
}

/// Central moment sums in two passes over the values.
private func referenceMoments(_ values: [Double]) -> Moments {
    var moments = Moments()
    moments.exponent = Moments.unit(largest: values.reduce(0) { Swift.max($0, abs($1)) })
    let scaled = values.map { $0 * Double.powerOf2(-moments.exponent) }
    // The division must not make a spread where there is none.
    let mean = scaled.first == scaled.last ? scaled[0] : scaled.reduce(0, +) / Double(values.count)
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
