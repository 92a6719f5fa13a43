import Kernels

/// A tensor in a safetensors file.
package struct StoredTensor: Sendable, Equatable {
    package var name: String
    /// As the file has it: "F32", "BF16", …
    package var dtype: String
    package var shape: [Int]
    /// The product of the shape.
    package var elementCount: Int
    /// Where it begins in the file, and how many bytes it has.
    package var offset: Int
    package var byteCount: Int

    /// The type in which it is read; nil if it is not.
    package var type: ElementType? { StoredType.elementType(dtype) }

    /// Why it is not read; nil if it is.
    package var reasonNotRead: String? { type == nil ? "its dtype is \(dtype), which is not read" : nil }
}

/// The header of a safetensors file (https://github.com/huggingface/safetensors#format): 8 bytes that say how long it is, then
/// JSON, then the tensors' bytes without gaps.
enum SafetensorsHeader {
    /// The format's own limit, in bytes.
    static let lengthLimit = 100_000_000
    static let rankLimit = 16

    /// The tensors, in the order of their bytes.
    ///
    /// - Parameters:
    ///   - json: the header without its length.
    ///   - fileSize: in bytes.
    static func tensors(in json: [UInt8], fileSize: Int) throws(JSONReader.Problem) -> [StoredTensor] {
        guard json.first == UInt8(ascii: "{") else { throw .init(text: "its header does not begin with {") }
        var tensors: [StoredTensor] = []
        var names: Set<String> = []
        try json.readJSON { (reader) throws(JSONReader.Problem) in
            try reader.readObject { (reader, name) throws(JSONReader.Problem) in
                guard names.insert(name).inserted else { throw .init(text: "\(quoted(name)) occurs twice") }
                if name == "__metadata__" {
                    try reader.readObject { (reader, _) throws(JSONReader.Problem) in _ = try reader.readString() }
                } else {
                    tensors.append(try tensor(named: name, from: &reader))
                }
            }
        }
        return try laidOut(tensors, after: 8 + json.count, fileSize: fileSize)
    }

    private static func tensor(named name: String, from reader: inout JSONReader) throws(JSONReader.Problem) -> StoredTensor {
        if name.isEmpty { throw .init(text: "a tensor has no name") }
        if name.utf8.contains(0) { throw .init(text: "the name \(quoted(name)) has a NUL character in it") }
        var dtype: String?
        var shape: [Int]?
        var span: [Int]?
        try reader.readObject { (reader, key) throws(JSONReader.Problem) in
            switch key {
            case "dtype" where dtype == nil: dtype = try reader.readString()
            case "shape" where shape == nil: shape = try counts(from: &reader, limit: rankLimit, of: name)
            case "data_offsets" where span == nil: span = try counts(from: &reader, limit: 2, of: name)
            case "dtype", "shape", "data_offsets": throw .init(text: "\(quoted(name)) has two entries \(quoted(key))")
            default: throw .init(text: "\(quoted(name)) has an unknown entry \(quoted(key))")
            }
        }
        guard let dtype, let shape, let span, span.count == 2 else {
            throw .init(text: "\(quoted(name)) lacks its dtype, its shape or its two offsets")
        }
        guard span[0] <= span[1] else { throw .init(text: "\(quoted(name)) ends at \(span[1]), before it begins at \(span[0])") }
        var elements = 1
        for length in shape {
            let (product, overflows) = elements.multipliedReportingOverflow(by: length)
            if overflows || product > 1 << 56 { throw .init(text: "\(quoted(name)) of shape \(shape) has more elements than can exist") }
            elements = product
        }
        let bytes = span[1] - span[0]
        // No overflow: at most 2^56 elements of 64 bits.
        if let bits = StoredType.bitCount(dtype), (elements * bits + 7) / 8 != bytes {
            throw .init(text: "\(quoted(name)) of shape \(shape) and dtype \(dtype) does not have \(bytes) bytes")
        }
        return StoredTensor(
            name: name, dtype: dtype, shape: shape, elementCount: elements, offset: span[0], byteCount: bytes)
    }

    private static func counts(
        from reader: inout JSONReader, limit: Int, of name: String
    ) throws(JSONReader.Problem) -> [Int] {
        var counts: [Int] = []
        try reader.readArray { (reader) throws(JSONReader.Problem) in
            guard counts.count < limit else { throw .init(text: "\(quoted(name)) has more than \(limit) numbers in a list") }
            counts.append(try reader.readCount())
        }
        return counts
    }

    /// The tensors in the order of their bytes, which must follow each other to the end of the file.
    private static func laidOut(
        _ tensors: [StoredTensor], after start: Int, fileSize: Int
    ) throws(JSONReader.Problem) -> [StoredTensor] {
        var tensors = tensors.sorted { ($0.offset, $0.byteCount, $0.name) < ($1.offset, $1.byteCount, $1.name) }
        var end = 0
        for index in tensors.indices {
            let tensor = tensors[index]
            if tensor.offset != end {
                let fault = tensor.offset < end ? "overlaps the tensor before it" : "leaves a gap before it"
                throw .init(text: "\(quoted(tensor.name)) begins at \(tensor.offset) and \(fault), which ends at \(end)")
            }
            end = tensor.offset + tensor.byteCount
            if end > fileSize - start {
                throw .init(
                    text: "it is cut short: \(quoted(tensor.name)) ends \(end - (fileSize - start)) bytes after the file's end")
            }
            tensors[index].offset += start
        }
        if end < fileSize - start { throw .init(text: "\(fileSize - start - end) bytes follow its last tensor") }
        return tensors
    }

    /// A name as it stands in a sentence: short, without control characters.
    static func quoted(_ name: String) -> String {
        let shown = name.unicodeScalars.prefix(80).map { $0.properties.generalCategory == .control ? "?" : String($0) }.joined()
        return "\"\(shown)\(name.unicodeScalars.count > 80 ? "…" : "")\""
    }
}
