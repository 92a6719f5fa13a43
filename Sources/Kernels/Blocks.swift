extension Scratch {
    /// Reads a block: counts its codes and sums it up.
    func readBlock(_ block: ElementBuffer, origin: Double?) -> Tally {
        guard let start = block.start else { return Tally() }
        return switch block.type {
        case .float32: read(block, as: Float32Block(start: start, count: block.count), origin: origin)
        case .float64: read(block, as: Float64Block(start: start, count: block.count), origin: origin)
        case .float16, .bfloat16, .float8_e4m3fn, .float8_e5m2, .int8: readDecoded(block, counts: counts, origin: origin)
        }
    }

    private func read(_ buffer: ElementBuffer, as block: Float32Block, origin: Double?) -> Tally {
        let survey = block.countAndSurvey(counts.table)
        counts.touch(survey.lowestRank, survey.highestRank)
        guard survey.isFinite && origin == nil else { return readDecoded(buffer, counts: nil, origin: origin) }
        return Tally(block, survey)
    }

    private func read(_ buffer: ElementBuffer, as block: Float64Block, origin: Double?) -> Tally {
        let survey = block.countAndSurvey(counts.table)
        counts.touch(survey.lowestRank, survey.highestRank)
        guard survey.isFinite && origin == nil else { return readDecoded(buffer, counts: nil, origin: origin) }
        var tally = Tally(block, survey)
        tally.zeros = survey.zeros
        tally.subnormals = survey.subnormals
        return tally
    }

    /// Reads a block value by value, whatever is in it.
    ///
    /// - Parameter counts: where to count codes; nil if they have been counted.
    private func readDecoded(_ buffer: ElementBuffer, counts: DenseCounts?, origin: Double?) -> Tally {
        var tally = Tally()
        let finite = decode(buffer, into: values, tally: &tally)
        guard !finite.isEmpty else { return tally }
        let block = Float64Block(finite)
        let survey = block.countAndSurvey(counts?.table)
        counts?.touch(survey.lowestRank, survey.highestRank)
        if let origin { centredCounts.add(finite, minus: origin) }
        tally.merge(Tally(block, survey))
        return tally
    }
}

extension Tally {
    /// The sums of a block of finite values.
    init(_ block: Float32Block, _ survey: Float32Block.Survey) {
        let sums = block.powerSums()
        minimum = Float32Block.value(key: survey.lowest)
        maximum = Float32Block.value(key: survey.highest)
        isOnBinEdges = survey.union & 0xFFFF == 0
        absoluteSum = sums.absolute
        moments = Moments(sums)
        if survey.small > 0 {
            zeros = UInt64(block.countZeros())
            subnormals = UInt64(survey.small) - zeros
        }
    }

    /// The sums of a block of finite values; zeros and subnormals are left to those who know the type they were stored in.
    init(_ block: Float64Block, _ survey: Float64Block.Survey) {
        minimum = Double(orderKey: survey.lowest)
        maximum = Double(orderKey: survey.highest)
        isOnBinEdges = survey.isOnBinEdges
        let unit = Moments.unit(largest: Swift.max(abs(minimum), abs(maximum)))
        let sums = block.powerSums(exponent: unit)
        absoluteSum = sums.absolute
        moments = Moments(sums, exponent: unit)
    }
}
