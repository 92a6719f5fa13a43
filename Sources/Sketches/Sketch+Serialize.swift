import Kernels

extension Sketch {
    /// The sketch as bytes, the same for the same content, on any machine. `SketchFormat` describes them.
    package func serialized() -> [UInt8] {
        withDefaultFloatingPoint { serializedInDefaultEnvironment() }
    }

    private func serializedInDefaultEnvironment() -> [UInt8] {
        var writer = ByteWriter(bytes: SketchFormat.magic)
        writer.write(SketchFormat.version)
        writer.write(typeByte)
        var flags: SketchFormat.Flags = isOnBinEdges ? .onBinEdges : []
        if exactValues != nil { flags.insert(.exact) }
        if origin != nil { flags.insert(.origin) }
        if centredCodes != nil { flags.insert(.centred) }
        if countedShare < 1 { flags.insert(.sampled) }
        writer.write(flags.rawValue)
        writer.writeVarint(UInt64(exactLimit))
        if let origin { writer.write(origin) }
        if countedShare < 1 { writer.write(countedShare) }
        for count in [nan, positiveInfinity, negativeInfinity, zeros, subnormals, finiteCount] { writer.writeVarint(count) }
        if finiteCount > 0 {
            for figure in [min, max, l1, moments.mean, moments.m2, moments.m3, moments.m4] { writer.write(figure) }
            writer.write(Int16(moments.exponent))
        }
        switch storage {
        case .exact(let values): writer.write(values, as: SketchFormat.narrowestType(for: values, of: elementType))
        case .codes(let codes): writer.write(codes)
        }
        if let centredCodes { writer.write(centredCodes) }
        writer.write(crc32(writer.bytes))
        return writer.bytes
    }

    private var typeByte: UInt8 {
        switch types {
        case .none: 0
        case .one(let type): UInt8(type.rawValue)
        case .several: SketchFormat.severalTypes
        }
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ values: [Double], as type: ElementType) {
        write(UInt8(type.rawValue))
        for value in values {
            switch type {
            case .bfloat16: write(Code.of(value))
            case .float16: write(float16Pattern(value))
            case .float32: write(Float(value).bitPattern)
            case .float64: write(value)
            case .float8_e4m3fn, .float8_e5m2, .int8: preconditionFailure("bytes are written as bfloat16")
            }
        }
    }

    fileprivate mutating func write(_ histogram: CodeHistogram) {
        write(UInt8(histogram.mantissaBits))
        writeVarint(UInt64(histogram.binCount))
        var next = 0
        for i in 0..<histogram.binCount {
            let place = Int(Code.rank(histogram.codes[i])) >> (7 - histogram.mantissaBits)
            writeVarint(histogram.count(i) << 1 | (place > next ? 1 : 0))
            if place > next { writeVarint(UInt64(place - next)) }
            next = place + 1
        }
    }
}
