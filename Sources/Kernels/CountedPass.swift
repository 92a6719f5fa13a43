extension CodeCounts {
    /// Counts that someone else made, in a table with a place for each code or 16-bit pattern.
    package init(table: UnsafeBufferPointer<UInt64>) {
        for place in 0..<Code.count {
            let code = Code.ofRank(UInt16(place))
            if table[Int(code)] > 0 { append(code, table[Int(code)]) }
        }
    }

    /// The counts of finite codes.
    package var ofFinite: CodeCounts { finite }

    /// How many elements are counted.
    package var total: UInt64 { counts.reduce(0, +) }
}

extension Pass {
    /// A pass that has found nothing yet.
    package static var empty: Pass { Pass() }

    /// What follows from counts by pattern that someone else made: everything, of a type of at most 16 bits.
    ///
    /// - Parameter table: 65,536 entries, of a type of 8 bits 256.
    package init(patterns table: UnsafeBufferPointer<UInt64>, of type: ElementType, origin: Double?) {
        let counts =
            if let bytes = ByteType.of(type) { bytes.counts(of: table) } else { CodeCounts(table: table) }
        self = withDefaultFloatingPoint { Pass(patterns: counts, Reading(type, count: .max, origin: origin)) }
    }
}

extension ByteType {
    /// Counts by bfloat16 pattern.
    fileprivate func counts(of table: UnsafeBufferPointer<UInt64>) -> CodeCounts {
        var result = CodeCounts()
        for pattern in ascending where table[Int(pattern)] > 0 {
            result.append(bfloat16[Int(pattern)], table[Int(pattern)])
        }
        return result
    }
}
