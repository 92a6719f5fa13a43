extension Scratch {
    /// From how many elements on a type is read by counting its patterns. With fewer, going through all patterns that occur, of
    /// which float16 has eight times as many, would cost more than the elements do.
    package static func patternThreshold(_ type: ElementType) -> Int {
        switch type {
        case .bfloat16: 1 << 14
        case .float16: 1 << 16
        case .float32, .float64: .max
        }
    }

    /// Reads a buffer of 16-bit elements by counting patterns: everything else follows from the counts, exactly and in whatever
    /// order the elements come.
    func readPatterns(_ buffer: ElementBuffer, origin: Double?) -> Pass {
        guard let start = buffer.start else { return Pass() }
        countPatterns(start, buffer.count, counts.table)
        counts.touch(.min, .max)
        counts.move(to: list)
        return switch buffer.type {
        case .float16: passFromPatterns(of: Float16Element.self, origin: origin)
        default: passFromPatterns(of: BFloat16Element.self, origin: origin)
        }
    }

    /// What a pass gives, from the list of patterns, which rank as codes do.
    private func passFromPatterns<E: Element>(of element: E.Type, origin: Double?) -> Pass where E.Bits == UInt16 {
        var result = Pass()
        for i in 0..<list.count { result.tally.countSpecial(E.self, list.codes[i], UInt64(list.counts[i])) }
        let finite = list.finiteRange(infinity: E.infinity)
        guard let first = finite.first, let last = finite.last else { return result }
        result.tally.minimum = E.value(list.codes[first])
        result.tally.maximum = E.value(list.codes[last])
        let sums = powerSums(of: E.self, finite)
        result.tally.absoluteSum = sums.absolute
        result.tally.moments = Moments(sums)
        if let origin {
            for i in finite { centredCounts.add(E.value(list.codes[i]) - origin, list.counts[i]) }
        }
        result.tally.isOnBinEdges = mergePatternsIntoCodes(of: E.self, finite)
        result.codes = CodeCounts(list)
        return result
    }

    /// The power sums of the listed patterns about their mean.
    private func powerSums<E: Element>(of element: E.Type, _ finite: Range<Int>) -> PowerSums where E.Bits == UInt16 {
        var total = 0.0
        var weighted = 0.0
        for i in finite {
            total += Double(list.counts[i])
            weighted += Double(list.counts[i]) * E.value(list.codes[i])
        }
        var sums = PowerSums(pilot: weighted / total, count: total)
        for i in finite {
            let value = E.value(list.codes[i])
            sums.add(value, magnitude: abs(value), weight: Double(list.counts[i]))
        }
        return sums
    }

    /// Replaces the listed patterns by the codes of their values: several patterns may have one code.
    ///
    /// - Returns: whether every value is the inner edge of its bin.
    private func mergePatternsIntoCodes<E: Element>(of element: E.Type, _ finite: Range<Int>) -> Bool
    where E.Bits == UInt16 {
        var isOnBinEdges = true
        list.count = 0
        for i in finite {
            let value = E.value(list.codes[i])
            let code = Code.of(value)
            let count = list.counts[i]
            if Code.innerEdge(code).bitPattern != value.bitPattern { isOnBinEdges = false }
            if list.count > 0 && list.codes[list.count - 1] == code {
                list.counts[list.count - 1] += count
            } else {
                list.append(code, count)
            }
        }
        return isOnBinEdges
    }
}

/// Counts 16-bit patterns.
@inline(never) private func countPatterns(_ start: UnsafeRawPointer, _ count: Int, _ table: UnsafeMutablePointer<UInt32>) {
    var i = 0
    while i &+ 4 <= count {
        let four = start.loadUnaligned(fromByteOffset: i &* 2, as: UInt64.self)
        table[Int(four & 0xFFFF)] &+= 1
        table[Int((four >> 16) & 0xFFFF)] &+= 1
        table[Int((four >> 32) & 0xFFFF)] &+= 1
        table[Int(four >> 48)] &+= 1
        i &+= 4
    }
    while i < count {
        table[Int(start.loadUnaligned(fromByteOffset: i &* 2, as: UInt16.self))] &+= 1
        i &+= 1
    }
}
