/// What a pass counts by code.
package enum Counting: Sendable {
    /// Nothing: the caller keeps the values themselves.
    case none
    /// The values.
    case codes
    /// The values, and what is left of them after the origin is subtracted.
    case codesAbout(origin: Double)
}

extension Scratch {
    /// No more elements than this go into one pass, so that no 32-bit counter can overflow.
    package static let passLength = 1 << 31

    /// Reads a buffer once.
    ///
    /// - Parameters:
    ///   - buffer: at most `passLength` elements.
    ///   - counting: what to count by code.
    /// - Returns: sums over the buffer, the counts asked for, and those about the origin.
    package func read(_ buffer: ElementBuffer, counting: Counting) -> (tally: Tally, codes: CodeCounts, centred: CodeCounts) {
        precondition(buffer.count <= Scratch.passLength, "a pass reads at most 2^31 elements")
        return withDefaultFloatingPoint { readInDefaultEnvironment(buffer, counting: counting) }
    }

    @inline(never)
    private func readInDefaultEnvironment(_ buffer: ElementBuffer, counting: Counting)
        -> (tally: Tally, codes: CodeCounts, centred: CodeCounts)
    {
        var tally = Tally()
        buffer.forEachBlock(length: Scratch.blockLength) { block in
            var part = Tally()
            let finite = decode(block, into: values, tally: &part)
            part.addFinite(finite)
            switch counting {
            case .none: break
            case .codes:
                for value in finite { counters[Int(Code.of(value))] &+= 1 }
            case .codesAbout(let origin):
                for value in finite {
                    counters[Int(Code.of(value))] &+= 1
                    centredCounters[Int(Code.of(value - origin))] &+= 1
                }
            }
            tally.merge(part)
        }
        return (tally, extract(counters), extract(centredCounters))
    }

    /// Takes the counts out of a table and leaves it empty.
    private func extract(_ table: UnsafeMutablePointer<UInt32>) -> CodeCounts {
        var result = CodeCounts()
        for rank in 0..<Code.count {
            let code = Code.ofRank(UInt16(rank))
            let count = table[Int(code)]
            if count != 0 {
                result.codes.append(code)
                result.counts.append(count)
                table[Int(code)] = 0
            }
        }
        return result
    }
}

extension ElementBuffer {
    /// The elements `from ..< to`.
    package func slice(_ from: Int, _ to: Int) -> ElementBuffer {
        ElementBuffer(start: start.map { $0 + from * type.byteCount }, count: to - from, type: type)
    }

    func forEachBlock(length: Int, _ body: (ElementBuffer) -> Void) {
        var from = 0
        while from < count {
            let to = Swift.min(count, from + length)
            body(slice(from, to))
            from = to
        }
    }

    /// The finite values, in memory order, exactly.
    package func finiteValues() -> [Double] {
        withDefaultFloatingPoint {
            [Double](unsafeUninitializedCapacity: count) { values, used in
                var tally = Tally()
                guard let base = values.baseAddress else { return used = 0 }
                used = decode(self, into: base, tally: &tally).count
            }
        }
    }
}
