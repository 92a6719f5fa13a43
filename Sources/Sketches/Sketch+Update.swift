import Kernels

extension Sketch {
    /// Adds the values of a buffer, which is read in place.
    package mutating func update(_ buffer: ElementBuffer, scratch: Scratch) {
        var from = 0
        while from < buffer.count {
            let to = Swift.min(buffer.count, from + Scratch.passLength)
            add(buffer.slice(from, to), scratch: scratch)
            from = to
        }
    }

    private mutating func add(_ buffer: ElementBuffer, scratch: Scratch) {
        var part = Sketch(exactLimit: exactLimit, origin: origin)
        part.types = .one(buffer.type)
        if buffer.count <= exactLimit {
            part.tally = scratch.read(buffer, counting: .none).tally
            part.storage = .exact(buffer.finiteValues().sorted { $0.orderKey < $1.orderKey })
        } else {
            let pass = scratch.read(buffer, counting: origin.map { .codesAbout(origin: $0) } ?? .codes)
            part.tally = pass.tally
            if part.finiteCount <= UInt64(exactLimit) {
                part.storage = .exact(buffer.finiteValues().sorted { $0.orderKey < $1.orderKey })
            } else {
                part.storage = .codes(CodeHistogram(pass.codes))
                if origin != nil { part.centredCodes = CodeHistogram(pass.centred) }
            }
        }
        merge(part)
    }
}
