import Foundation

/// A tensor to be written, little-endian.
public struct WrittenTensor {
    public var name: String
    public var dtype: String
    public var shape: [Int]
    public var bytes: [UInt8]

    public init(_ name: String, _ dtype: String, shape: [Int], bytes: [UInt8]) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }

    public init(_ name: String, _ values: [Float], shape: [Int]? = nil) {
        self.init(name, "F32", shape: shape ?? [values.count], bytes: values.withUnsafeBytes(Array.init))
    }
}

/// The bytes of a safetensors file, as the format's page describes it.
public func safetensors(_ tensors: [WrittenTensor], metadata: String? = nil) -> [UInt8] {
    var entries = metadata.map { ["\"__metadata__\":\($0)"] } ?? []
    var data: [UInt8] = []
    for tensor in tensors {
        let shape = tensor.shape.map(String.init).joined(separator: ",")
        let offsets = "\(data.count),\(data.count + tensor.bytes.count)"
        entries.append("\"\(tensor.name)\":{\"dtype\":\"\(tensor.dtype)\",\"shape\":[\(shape)],\"data_offsets\":[\(offsets)]}")
        data += tensor.bytes
    }
    return safetensors(header: "{\(entries.joined(separator: ","))}", data: data)
}

/// The bytes of a file with this header, whatever is in it.
public func safetensors(header: String, data: [UInt8] = []) -> [UInt8] {
    let header = Array(header.utf8)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header + data
}

/// A fresh temporary folder, removed with this object.
public final class TemporaryFolder {
    public let path: String

    public init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("furca-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, and the folders above it, and returns its path.
    @discardableResult public func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
        return url.path
    }

    public func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }
}
