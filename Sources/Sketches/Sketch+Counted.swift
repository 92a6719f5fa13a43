import Kernels

/// What was counted and summed up of a tensor that is not in this process's memory: on a GPU, say.
package struct CountedTensor {
    package var type: ElementType
    /// By the upper 16 bits of the pattern of float32, by the whole pattern of narrower types; NaN and infinities included.
    package var counts: UnsafeBufferPointer<UInt64>
    /// A constant c, nonzero and finite, of which x − c is counted too; nil: none.
    package var origin: Double?
    /// By code, of x − c for float32.
    package var centred: UnsafeBufferPointer<UInt64>?
    /// What does not follow from the counts, of float32 alone: infinities, zeros, extremes, Σ|x|, moments, and whether all values
    /// are inner edges of their bins. Other members are not looked at.
    package var tally: Tally

    package init(
        type: ElementType, counts: UnsafeBufferPointer<UInt64>, origin: Double?, centred: UnsafeBufferPointer<UInt64>?,
        tally: Tally
    ) {
        self.type = type
        self.counts = counts
        self.origin = origin
        self.centred = centred
        self.tally = tally
    }

    /// How many entries each table has.
    package static func tableLength(_ type: ElementType) -> Int { type.byteCount == 1 ? 256 : Code.count }
}

/// Why counts and sums cannot be those of one tensor: a sentence without a full stop.
package struct CountedError: Error, Equatable {
    package let reason: String
}

extension Sketch {
    /// The sketch of what was counted elsewhere: counts are those of a sketch of the values, which are not kept.
    ///
    /// - Throws: if the parts contradict each other.
    package init(_ counted: CountedTensor) throws(CountedError) {
        self = try withDefaultFloatingPoint { () throws(CountedError) in try Sketch(checking: counted) }
    }

    private init(checking counted: CountedTensor) throws(CountedError) {
        self.init(exactLimit: 0, origin: counted.origin)
        if try counted.total(counted.counts) == 0 { return }
        let pass =
            switch counted.type {
            case .float32: try counted.pass()
            case .float64: throw CountedError(reason: "float64 is not handed over as counts")
            default: Pass(patterns: counted.counts, of: counted.type, origin: origin)
            }
        types = .one(counted.type)
        tally = pass.tally
        guard finiteCount > 0 else { return }
        storage = .codes(CodeHistogram(pass.codes))
        if origin != nil { centredCodes = CodeHistogram(pass.centred) }
    }
}

extension CountedTensor {
    /// How many elements a table counts, if there can be so many.
    fileprivate func total(_ table: UnsafeBufferPointer<UInt64>) throws(CountedError) -> UInt64 {
        var total: UInt64 = 0
        for count in table {
            let (sum, overflows) = total.addingReportingOverflow(count)
            guard !overflows && sum < 1 << 60 else { throw CountedError(reason: "there are more than 2^60 elements") }
            total = sum
        }
        return total
    }

    /// The parts of a float32 tensor put together, if they can be those of one.
    fileprivate func pass() throws(CountedError) -> Pass {
        let all = CodeCounts(table: counts)
        var pass = Pass.empty
        pass.codes = all.ofFinite
        let finite = pass.codes.total
        pass.tally = try special(finite: finite, outside: all.total - finite)
        if finite > 0 { try check(pass.tally, finite: finite, pass.codes) }
        if origin != nil {
            guard let centred else { throw CountedError(reason: "there is an origin, but no counts about it") }
            _ = try total(centred)
            pass.centred = CodeCounts(table: centred).ofFinite
            guard pass.centred.total == finite else {
                throw CountedError(
                    reason: "\(finite) finite values are counted, but \(pass.centred.total) about the origin")
            }
        }
        return pass
    }

    /// The counts of special values, with those that follow from others.
    private func special(finite: UInt64, outside: UInt64) throws(CountedError) -> Tally {
        var found = finite > 0 ? tally : Tally()
        found.positiveInfinity = tally.positiveInfinity
        found.negativeInfinity = tally.negativeInfinity
        guard tally.positiveInfinity <= counts[Int(Code.largest) + 1],
            tally.negativeInfinity <= counts[0x8000 | Int(Code.largest) + 1]
        else { throw CountedError(reason: "there are more infinities than the counts have") }
        found.nan = outside - tally.positiveInfinity - tally.negativeInfinity
        guard tally.zeros <= counts[0] + counts[0x8000] else {
            throw CountedError(reason: "there are \(tally.zeros) zeros, more than the counts have")
        }
        found.zeros = tally.zeros
        found.subnormals = (0..<0x80).reduce(0) { $0 + counts[$1] + counts[0x8000 | $1] } - tally.zeros
        found.moments.count = finite
        return found
    }

    /// Throws if extremes and sums are not those of the values in the bins.
    private func check(_ tally: Tally, finite: UInt64, _ codes: CodeCounts) throws(CountedError) {
        let n = Double(finite)
        let histogram = CodeHistogram(codes)
        guard tally.minimum.isFinite, tally.maximum.isFinite, codes.codes.first == Code.of(tally.minimum),
            codes.codes.last == Code.of(tally.maximum)
        else {
            throw CountedError(reason: "the extremes \(tally.minimum) and \(tally.maximum) are not in the outermost bins")
        }
        var low = 0.0
        var high = 0.0
        var least = 0.0
        var most = 0.0
        for i in 0..<histogram.binCount {
            let bin = histogram.bin(i)
            let count = Double(bin.count)
            low += count * bin.lower
            high += count * bin.upper
            least += count * Swift.min(abs(bin.lower), abs(bin.upper))
            most += count * Swift.max(abs(bin.lower), abs(bin.upper))
        }
        // Room for sums that were made in float32.
        let slack = 1e-5 * most
        let mean = tally.moments.mean
        guard mean * n >= low - slack && mean * n <= high + slack else {
            throw CountedError(reason: "the mean \(mean) is not one of values in these bins")
        }
        guard tally.absoluteSum >= least - slack && tally.absoluteSum <= most + slack else {
            throw CountedError(reason: "the sum of magnitudes \(tally.absoluteSum) is not one of values in these bins")
        }
        let range = tally.maximum - tally.minimum
        // Popoviciu's inequality.
        guard tally.moments.m2 >= 0, tally.moments.m2 <= n * range * range / 4 * 1.00001, tally.moments.m4 >= 0,
            tally.moments.m4 <= tally.moments.m2 * range * range * 1.00001, tally.moments.m3.isFinite
        else {
            throw CountedError(
                reason: "the sums of powers \(tally.moments.m2), \(tally.moments.m3) and \(tally.moments.m4) are not those of "
                    + "values from \(tally.minimum) to \(tally.maximum)")
        }
        guard !tally.isOnBinEdges || Code.innerEdge(codes.codes[0]) == tally.minimum else {
            throw CountedError(reason: "the smallest value \(tally.minimum) is not an edge of a bin, as all are said to be")
        }
    }
}
