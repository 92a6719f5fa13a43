extension Scratch {
    /// Reads a block: counts its codes and sums it up.
    func readBlock(_ block: ElementBuffer, origin: Double?) -> Tally {
        guard let start = block.start else { return Tally() }
        return switch block.type {
        case .float64: read(block, as: Float64Block(start: start, count: block.count), origin: origin)
        default: readDecoded(block, counts: counts, origin: origin)
        }
    }

    private func read(_ buffer: ElementBuffer, as block: Float64Block, origin: Double?) -> Tally {
        let survey = block.countAndSurvey(counts.table)
        counts.touch(magnitudes: 0, survey.largestMagnitude)
        guard survey.isFinite && origin == nil else { return readDecoded(buffer, counts: nil, origin: origin) }
        var tally = Tally(block, survey)
        tally.zeros = survey.zeros
        tally.subnormals = survey.subnormals
        return tally
    }

    /// Reads a block value by value, whatever is in it.
    ///
    /// - Parameter counts: where to count codes; nil if they have been counted.
    func readDecoded(_ buffer: ElementBuffer, counts: DenseCounts?, origin: Double?) -> Tally {
        precondition(buffer.count <= Scratch.blockLength)
        var tally = Tally()
        let finite = decode(buffer, into: values, tally: &tally)
        guard !finite.isEmpty else { return tally }
        let block = Float64Block(finite)
        let survey = block.countAndSurvey(counts?.table)
        counts?.touch(magnitudes: 0, survey.largestMagnitude)
        if let origin { centredCounts.add(finite, minus: origin) }
        tally.merge(Tally(block, survey))
        return tally
    }
}

extension Tally {
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
