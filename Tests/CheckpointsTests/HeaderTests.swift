import Checkpoints
import Foundation
import Kernels
import SafetensorsWriter
import Testing

/// What a safetensors file may say of itself.
@Suite struct HeaderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
        try SafetensorsFile(path: folder.write("\(UUID().uuidString).safetensors", bytes))
    }

    @Test func tensorsAreWhereTheHeaderSays() throws {
        let values: [Float] = [1, -2, 3.5, 0, .infinity, 1e-40]
        let half: [UInt8] = [0, 0x3C, 0, 0x40]
        let bytes = safetensors(
            [
                WrittenTensor("w", values, shape: [2, 3]), WrittenTensor("none", [], shape: [0, 5]),
                WrittenTensor("scalar", [7], shape: []), WrittenTensor("half", "F16", shape: [2], bytes: half),
                WrittenTensor("step", "I64", shape: [], bytes: [UInt8](repeating: 1, count: 8)),
            ], metadata: "{\"format\":\"pt\"}")
        let file = try open(bytes)
        let byName = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
        #expect(byName.count == 5)
        #expect(byName["w"]?.shape == [2, 3] && byName["w"]?.elementCount == 6 && byName["w"]?.type == .float32)
        #expect(byName["none"]?.elementCount == 0 && byName["scalar"]?.elementCount == 1)
        #expect(byName["step"]?.type == nil && byName["step"]?.reasonNotRead?.contains("I64") == true)
        let w = try #require(byName["w"])
        var read = [Float](repeating: 0, count: 6)
        try read.withUnsafeMutableBytes { try file.read(from: w.offset, into: $0) }
        #expect(read == values)
    }

    @Test(arguments: [
        ("F32", ElementType.float32), ("F64", .float64), ("F16", .float16), ("BF16", .bfloat16),
        ("F8_E4M3", .float8_e4m3fn), ("F8_E5M2", .float8_e5m2), ("I8", .int8),
    ])
    func typesThatAreRead(dtype: String, type: ElementType) throws {
        let bytes = [UInt8](repeating: 0, count: 3 * type.byteCount)
        let file = try open(safetensors([WrittenTensor("w", dtype, shape: [3], bytes: bytes)]))
        #expect(file.tensors.first?.type == type)
    }

    @Test(arguments: ["U8", "I16", "I32", "I64", "BOOL", "F8_E8M0", "C64", "F99"]) func otherTypesSayWhyNot(dtype: String) throws {
        let bits = ["U8": 8, "BOOL": 8, "F8_E8M0": 8, "I16": 16, "I32": 32, "F99": 24][dtype] ?? 64
        let file = try open(
            safetensors([WrittenTensor("w", dtype, shape: [2], bytes: [UInt8](repeating: 0, count: bits / 4))]))
        let tensor = try #require(file.tensors.first)
        #expect(tensor.type == nil && tensor.reasonNotRead?.contains(dtype) == true)
    }

    /// A header, and a word of the sentence that refuses it.
    static let refusals: [(header: String, word: String)] = [
        ("", "0 bytes"),
        ("[]", "begin with {"),
        ("{ ", "string is missing"),
        ("{}{}", "after the end"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},}", "string is missing"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"w\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]}}", "twice"),
        ("{\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "two entries"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"more\":1}}", "unknown entry"),
        ("{\"w\":{\"shape\":[1],\"data_offsets\":[0,4]}}", "lacks"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", "lacks"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", "more than 2"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", "before it begins"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "does not have 4 bytes"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}", "does not have 8 bytes"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "cut short"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}", "4 bytes follow"),
        ("{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[2,4]}}", "overlaps"),
        ("{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[2,4]}}", "gap"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807,2],\"data_offsets\":[0,4]}}", "more elements"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[18446744073709551616],\"data_offsets\":[0,4]}}", "63 bits"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "whole number"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", "whole number"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[01],\"data_offsets\":[0,4]}}", "whole number"),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[\(String(repeating: "1,", count: 16))1],\"data_offsets\":[0,4]}}", "more than 16"),
        ("{\"w\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "missing"),
        ("{\"__metadata__\":{\"a\":1}}", "string is missing"),
        ("{\"\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "no name"),
        ("{\"a\\u0000b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "NUL"),
        ("{\"a\\ud800\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "half a character"),
        ("{\"a\\x\":{}}", "unknown escape"),
        ("{\"a", "not closed"),
    ]

    @Test(arguments: refusals.indices) func malformedHeadersAreRefused(index: Int) throws {
        let (header, word) = Self.refusals[index]
        expectRefusal(word) { _ = try open(safetensors(header: header, data: [0, 0, 0, 0])) }
    }

    @Test func namesThatAreNotUTF8AreRefused() throws {
        let header = Array("{\"a".utf8) + [0xFF, 0xFE] + Array("\":{}}".utf8)
        let bytes = withUnsafeBytes(of: UInt64(header.count), Array.init) + header
        expectRefusal("UTF-8") { _ = try open(bytes) }
    }

    @Test(arguments: [UInt64(0), 1, 100_000_001, 1 << 40, UInt64(Int64.max), .max]) func impossibleLengthsAreRefused(length: UInt64) throws {
        expectRefusal("header would be \(length) bytes") { _ = try open(withUnsafeBytes(of: length, Array.init) + Array("{}".utf8)) }
    }

    @Test func shortFilesAreRefused() throws {
        let bytes = safetensors([WrittenTensor("w", [1, 2, 3])])
        for length in [0, 1, 7, 8, 20, bytes.count - 1] {
            #expect(throws: CheckpointError.self) { _ = try open(Array(bytes.prefix(length))) }
        }
        #expect(throws: CheckpointError.self) { _ = try open(bytes + [0]) }
    }

    @Test func whatIsNoFileIsRefused() throws {
        #expect(throws: CheckpointError.self) { _ = try SafetensorsFile(path: folder.path) }
        #expect(throws: CheckpointError.self) { _ = try SafetensorsFile(path: folder.path + "/none") }
        let pipe = folder.path + "/pipe.safetensors"
        #expect(mkfifo(pipe, 0o600) == 0)
        expectRefusal("not a file") { _ = try SafetensorsFile(path: pipe) }
    }

    /// The start of the campaign of Tests/fuzz-checkpoints.
    @Test func damagedFilesAreRefusedOrReadWithinTheirBounds() throws {
        var mutator = HeaderMutator(seed: 1)
        let files = filesToDamage()
        for round in 0..<2000 {
            let (bytes, header) = files[round % files.count]
            let damaged = mutator.mutate(bytes, header: header)
            guard let file = try? SafetensorsFile(path: folder.write("damaged.safetensors", damaged)) else { continue }
            for tensor in file.tensors {
                #expect(tensor.offset >= 8 && tensor.offset + tensor.byteCount <= damaged.count)
                var read = [UInt8](repeating: 0, count: tensor.byteCount)
                try read.withUnsafeMutableBytes { try file.read(from: tensor.offset, into: $0) }
                #expect(read == Array(damaged[tensor.offset..<(tensor.offset + tensor.byteCount)]))
            }
        }
    }
}

/// Expects a `CheckpointError` whose sentence contains `word`.
func expectRefusal(_ word: String, from body: () throws -> Void, at location: SourceLocation = #_sourceLocation) {
    do {
        try body()
        Issue.record("was not refused", sourceLocation: location)
    } catch let error as CheckpointError {
        #expect(error.message.contains(word), "\"\(error.message)\" lacks \"\(word)\"", sourceLocation: location)
    } catch {
        Issue.record("threw \(error)", sourceLocation: location)
    }
}
