import VectorLoops

extension Scratch {
    /// From how many elements on a type is read by counting its patterns. With fewer, going through all patterns that occur, of
    /// which float16 has eight times as many, would cost more than the elements do.
    package static func patternThreshold(_ type: ElementType) -> Int {
        switch type {
        case .float8_e4m3fn, .float8_e5m2, .int8: 0
        case .bfloat16: 1 << 14
        case .float16: 1 << 16
        case .float32, .float64: .max
        }
    }

    /// Counts the patterns of a chunk.
    func countPatterns(_ chunk: ElementBuffer) {
        guard let start = chunk.start else { return }
        if chunk.type.byteCount == 1 { return bytes.add(start, chunk.count) }
        chunk.forEachPiece(of: Scratch.blockLength) { block in
            guard let start = block.start else { return }
            if repeats(start, block.count) {
                spreadPatterns(start, block.count, counts.spread())
            } else {
                VectorLoops.countPatterns(start, block.count, counts.table)
            }
        }
        counts.touch(magnitudes: 0, .max)
    }

    /// Whether a sample of the patterns repeats values so often that counters would wait for themselves.
    private func repeats(_ start: UnsafeRawPointer, _ count: Int) -> Bool {
        var same = 0
        for i in stride(from: 0, to: count - 11, by: 512) {
            let here = (start + 2 * i).loadUnaligned(as: SIMD8<UInt16>.self)
            for distance in 1...3 {
                let there = (start + 2 * (i + distance)).loadUnaligned(as: SIMD8<UInt16>.self)
                let equal = unsafeBitCast(here .== there, to: SIMD8<Int16>.self)
                same -= Int(equal.wrappedSum())
            }
        }
        return same >= 3
    }
}

extension Pass {
    /// What follows from counts by pattern.
    init(patterns: CodeCounts, _ reading: Reading) {
        switch reading.type {
        case .float16: self.init(patterns: patterns, of: Float16Element.self, origin: reading.origin)
        default:
            self.init(
                patterns: patterns, of: BFloat16Element.self, origin: reading.origin,
                smallestNormal: ByteType.of(reading.type)?.smallestNormal ?? BFloat16Element.smallestNormal)
        }
    }

    private init<E: Element>(
        patterns: CodeCounts, of element: E.Type, origin: Double?, smallestNormal: UInt16 = E.smallestNormal
    ) where E.Bits == UInt16 {
        self.init()
        for (pattern, count) in zip(patterns.codes, patterns.counts) {
            tally.countSpecial(E.self, pattern, count, smallestNormal: smallestNormal)
        }
        // Patterns rank as codes do.
        let finite = patterns.finiteRange(infinity: E.infinity)
        guard let first = finite.first, let last = finite.last else { return }
        tally.minimum = E.value(patterns.codes[first])
        tally.maximum = E.value(patterns.codes[last])
        var total = 0.0
        var weighted = 0.0
        for i in finite {
            let value = E.value(patterns.codes[i])
            let code = Code.of(value)
            if Code.innerEdge(code).bitPattern != value.bitPattern { tally.isOnBinEdges = false }
            codes.append(code, patterns.counts[i])
            total += Double(patterns.counts[i])
            weighted += Double(patterns.counts[i]) * value
        }
        var sums = PowerSums(pilot: weighted / total, count: total)
        for i in finite {
            let value = E.value(patterns.codes[i])
            sums.add(value, magnitude: abs(value), weight: Double(patterns.counts[i]))
            if let origin { centred.append(Code.of(value - origin), patterns.counts[i]) }
        }
        tally.absoluteSum = sums.absolute
        tally.moments = Moments(sums)
    }
}
