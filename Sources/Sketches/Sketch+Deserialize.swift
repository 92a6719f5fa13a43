import Kernels

extension Sketch {
    /// A sketch from bytes that `serialized` wrote.
    ///
    /// Every other sequence of bytes is refused with a sentence: truncated, altered, too long, or inconsistent in itself.
    package init(serialized bytes: UnsafeRawBufferPointer) throws(SketchFormatError) {
        self = try withDefaultFloatingPoint { () throws(SketchFormatError) in try Sketch(checking: bytes) }
    }

    private init(checking bytes: UnsafeRawBufferPointer) throws(SketchFormatError) {
        let head = SketchFormat.magic.count + 1
        guard bytes.count >= head, bytes.starts(with: SketchFormat.magic) else {
            throw .notASketch("the bytes do not begin with \"FRKS\" and a version")
        }
        let version = bytes[head - 1]
        guard version <= SketchFormat.version else { throw .newerVersion(version) }
        guard version > 0 else { throw .notASketch("there is no version 0 of the format") }
        let end = bytes.count - SketchFormat.checksumLength
        guard end > head else { throw .notASketch("the bytes end early, after \(bytes.count)") }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        let checksum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self))
        guard crc32(body) == checksum else { throw .notASketch("the checksum does not match: bytes were lost or altered") }
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: body[head...]))
        try self.init(&reader, version: version)
        guard reader.remaining == 0 else { throw .notASketch("\(reader.remaining) bytes follow the sketch") }
    }

    private init(_ reader: inout ByteReader, version: UInt8) throws(SketchFormatError) {
        self.init()
        types = try ElementTypes(byte: reader.read())
        let flags = SketchFormat.Flags(rawValue: try reader.read())
        guard flags.isSubset(of: .all) else { throw .notASketch("unknown flags \(flags.rawValue)") }
        let limit = try reader.readVarint()
        guard limit <= UInt64(UInt32.max) else { throw .notASketch("the exact limit \(limit) is out of range") }
        exactLimit = Int(limit)
        if flags.contains(.origin) {
            let origin = try reader.readDouble()
            guard origin.isFinite && origin != 0 else { throw .notASketch("the origin \(origin) is not a nonzero number") }
            self.origin = origin
        }
        if flags.contains(.sampled) {
            countedShare = try reader.readDouble()
            guard countedShare > 0 && countedShare < 1 && !flags.contains(.exact) else {
                throw .notASketch("the share of counted values, \(countedShare), is out of range")
            }
        }
        try readTally(&reader)
        tally.isOnBinEdges = flags.contains(.onBinEdges)
        guard flags.contains(.exact) == (finiteCount <= limit) else {
            throw .notASketch("\(finiteCount) values do not fit an exact limit of \(limit)")
        }
        guard flags.contains(.centred) == (origin != nil && !flags.contains(.exact)) else {
            throw .notASketch("the counts about the origin are missing or superfluous")
        }
        if flags.contains(.exact) {
            storage = .exact(try reader.readValues(count: Int(finiteCount)))
        } else {
            storage = .codes(try reader.readHistogram(total: finiteCount, version: version))
        }
        if flags.contains(.centred) { centredCodes = try reader.readHistogram(total: finiteCount, version: version) }
        try checkConsistency()
    }

    private mutating func readTally(_ reader: inout ByteReader) throws(SketchFormatError) {
        tally.nan = try reader.readVarint()
        tally.positiveInfinity = try reader.readVarint()
        tally.negativeInfinity = try reader.readVarint()
        tally.zeros = try reader.readVarint()
        tally.subnormals = try reader.readVarint()
        let finite = try reader.readVarint()
        let all = [tally.nan, tally.positiveInfinity, tally.negativeInfinity, finite, tally.zeros, tally.subnormals]
        guard all.allSatisfy({ $0 < 1 << 60 }) else { throw .notASketch("a count is out of range") }
        guard tally.zeros + tally.subnormals <= finite else { throw .notASketch("more zeros and subnormals than values") }
        if finite == 0 { return }
        tally.minimum = try reader.readDouble()
        tally.maximum = try reader.readDouble()
        tally.absoluteSum = try reader.readDouble()
        tally.moments.count = finite
        tally.moments.mean = try reader.readDouble()
        tally.moments.m2 = try reader.readDouble()
        tally.moments.m3 = try reader.readDouble()
        tally.moments.m4 = try reader.readDouble()
        tally.moments.exponent = Int(try reader.read(Int16.self))
        guard tally.minimum.isFinite && tally.maximum.isFinite else { throw .notASketch("an extreme value is not finite") }
        guard tally.absoluteSum >= 0 && tally.moments.m2 >= 0 && tally.moments.m4 >= 0
            && !tally.moments.mean.isNaN && !tally.moments.m3.isNaN && abs(tally.moments.exponent) <= 1000
        else { throw .notASketch("a moment is out of range") }
    }

    /// What must hold between the parts of a sketch.
    private func checkConsistency() throws(SketchFormatError) {
        guard (count == 0) == (types == .none) else { throw .notASketch("the element type does not go with \(count) values") }
        guard finiteCount > 0 else {
            guard isOnBinEdges else { throw .notASketch("values off the edges of bins, but no values") }
            return
        }
        switch storage {
        case .exact(let values):
            guard values.first?.bitPattern == tally.minimum.bitPattern, values.last?.bitPattern == tally.maximum.bitPattern
            else { throw .notASketch("the extreme values are not those of the values") }
            guard isOnBinEdges == (SketchFormat.narrowestType(for: values, of: nil) == .bfloat16) else {
                throw .notASketch("the values are not where the flags say")
            }
        case .codes(let codes):
            let bits = codes.mantissaBits
            guard codes.codes.first == Code.coarse(Code.of(tally.minimum), mantissaBits: bits),
                codes.codes.last == Code.coarse(Code.of(tally.maximum), mantissaBits: bits)
            else { throw .notASketch("the extreme values are not those of the counts") }
            guard tally.minimum.orderKey <= tally.maximum.orderKey else { throw .notASketch("the smallest value is above the largest") }
            guard !isOnBinEdges || SketchFormat.narrowestType(for: [tally.minimum, tally.maximum], of: nil) == .bfloat16 else {
                throw .notASketch("an extreme value is not where the flags say")
            }
            guard bits == 7 || !isOnBinEdges else { throw .notASketch("the values cannot be the edges of coarse bins") }
        }
    }
}

extension ElementTypes {
    fileprivate init(byte: UInt8) throws(SketchFormatError) {
        switch byte {
        case 0: self = .none
        case SketchFormat.severalTypes: self = .several
        default:
            guard let type = ElementType(rawValue: UInt32(byte)) else { throw .notASketch("unknown element type \(byte)") }
            self = .one(type)
        }
    }
}

extension ByteReader {
    fileprivate mutating func readValues(count: Int) throws(SketchFormatError) -> [Double] {
        let byte = try read(UInt8.self)
        guard let type = ElementType(rawValue: UInt32(byte)) else { throw .notASketch("unknown element type \(byte)") }
        guard count <= remaining / type.byteCount else { throw .notASketch("fewer bytes than \(count) values need") }
        var values: [Double] = []
        values.reserveCapacity(count)
        for _ in 0..<count {
            let pattern: UInt64 = switch type {
            case .float64: try read(UInt64.self)
            case .float32: UInt64(try read(UInt32.self))
            case .float16, .bfloat16: UInt64(try read(UInt16.self))
            case .float8_e4m3fn, .float8_e5m2, .int8: UInt64(try read(UInt8.self))
            }
            guard let value = finiteValue(ofPattern: pattern, type) else { throw .notASketch("a value is not finite") }
            if let last = values.last, last.orderKey > value.orderKey { throw .notASketch("the values do not ascend") }
            values.append(value)
        }
        return values
    }

    fileprivate mutating func readHistogram(total: UInt64, version: UInt8) throws(SketchFormatError) -> CodeHistogram {
        let bits = version == 1 ? 7 : Int(try read(UInt8.self))
        guard (1...7).contains(bits) else { throw .notASketch("bins of \(bits) mantissa bits") }
        let bins = try readVarint()
        guard bins <= UInt64(remaining) else { throw .notASketch("fewer bytes than \(bins) bins need") }
        var histogram = CodeHistogram(mantissaBits: bits)
        var next: UInt64 = 0
        for _ in 0..<bins {
            let (skipped, count) = version == 1 ? (try readVarint(), try readVarint()) : try readBin()
            guard skipped < UInt64(Code.count), next + skipped < UInt64(Code.count >> (7 - bits)) else {
                throw .notASketch("a bin beyond the last code")
            }
            let rank = UInt16((next + skipped) << UInt64(7 - bits))
            let code = Code.coarse(Code.ofRank(rank), mantissaBits: bits)
            guard code & 0x7FFF <= Code.largest else { throw .notASketch("a bin that is not of finite values") }
            guard count > 0 && count <= total - histogram.total else {
                throw .notASketch("the counts do not add up to \(total)")
            }
            histogram.append(code, count)
            next += skipped + 1
        }
        guard histogram.total == total else { throw .notASketch("the counts do not add up to \(total)") }
        return histogram
    }

    private mutating func readBin() throws(SketchFormatError) -> (skipped: UInt64, count: UInt64) {
        let first = try readVarint()
        if first & 1 == 0 { return (0, first >> 1) }
        let skipped = try readVarint()
        guard skipped > 0 else { throw .notASketch("a bin that skips no place, yet says it does") }
        return (skipped, first >> 1)
    }
}
