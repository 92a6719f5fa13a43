/// What reading a tensor once gives.
package struct Pass: Sendable, Equatable {
    package var tally = Tally()

    /// Counts of the finite values by code.
    package var codes = CodeCounts()

    /// The same of what is left after the origin is subtracted; empty without an origin.
    package var centred = CodeCounts()

    /// The share of the finite values that were counted by code; below 1 the counts are scaled up to all values.
    package var countedShare = 1.0
}

extension Pass {
    /// Puts together what readers have found.
    ///
    /// - Parameters:
    ///   - tallies: of the parts, in the order of the tensor's elements.
    ///   - counts: of all parts.
    package init(_ reading: Reading, tallies: some Sequence<Tally>, counts: ReadCounts) {
        self.init()
        withDefaultFloatingPoint {
            if reading.countsPatterns {
                self = Pass(patterns: counts.counts, reading)
            } else {
                for part in tallies { tally.merge(part) }
                codes = counts.counts.finite
                centred = counts.centred.finite
                if reading.countsOneIn > 1 { scaleUp() }
            }
        }
    }
}

extension Scratch {
    /// Reads a whole buffer.
    package func read(_ buffer: ElementBuffer, origin: Double? = nil) -> Pass {
        let reading = Reading(buffer.type, count: buffer.count, origin: origin)
        let tally = add(buffer, reading)
        return Pass(reading, tallies: CollectionOfOne(tally), counts: takeCounts(reading))
    }
}
