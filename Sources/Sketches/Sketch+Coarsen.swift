extension Sketch {
    /// How many mantissa bits the bins have: 7, or fewer after `coarsened`. The relative error of a quantile is at most
    /// 1/(2^(bits + 1) + 1).
    package var mantissaBits: Int {
        if case .codes(let codes) = storage { codes.mantissaBits } else { 7 }
    }

    /// A smaller sketch of the same values, for storage: bins are united until the relative error of a quantile is just within
    /// `error`, and of more than 1,024 values none are kept one by one.
    ///
    /// Counters, moments and extremes stay what they are. A coarse sketch merges with any other, exactly by the coarser bins.
    /// - Parameter error: below 1/128 the sketch stays as it is.
    package func coarsened(to error: Double) -> Sketch {
        let bits = (1...6).first { 1 / Double(1 << ($0 + 1) + 1) <= error } ?? 7
        guard bits < mantissaBits, finiteCount > UInt64(Self.valuesInStorage) else { return self }
        var coarse = self
        coarse.exactLimit = Swift.min(exactLimit, Self.valuesInStorage)
        coarse.storage = .codes(codes.coarsened(mantissaBits: bits))
        coarse.centredCodes = centred?.coarsened(mantissaBits: bits)
        coarse.tally.isOnBinEdges = false
        return coarse
    }

    private static let valuesInStorage = 1024
}
