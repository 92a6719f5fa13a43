import Kernels

extension Sketch {
    /// Adds the values of a buffer, which is read in place.
    package mutating func update(_ buffer: ElementBuffer, scratch: Scratch) {
        var from = 0
        while from < buffer.count {
            let to = Swift.min(buffer.count, from + scratch.passLength)
            add(buffer.slice(from, to), scratch: scratch)
            from = to
        }
    }

    private mutating func add(_ buffer: ElementBuffer, scratch: Scratch) {
        var part = Sketch(exactLimit: exactLimit, origin: origin)
        part.types = .one(buffer.type)
        if buffer.count <= exactLimit {
            part.keep(scratch.readSorted(buffer, capacity: buffer.count))
        } else {
            let pass = scratch.read(buffer, origin: origin)
            if pass.tally.moments.count <= UInt64(exactLimit) {
                part.keep(scratch.readSorted(buffer, capacity: Int(pass.tally.moments.count)))
            } else {
                part.tally = pass.tally
                part.storage = .codes(CodeHistogram(pass.codes))
                if origin != nil { part.centredCodes = CodeHistogram(pass.centred) }
            }
        }
        merge(part)
    }

    private mutating func keep(_ exact: (tally: Tally, values: [Double])) {
        tally = exact.tally
        storage = .exact(exact.values)
    }
}
