import CFurca
import Session

/// A struct of furca.h that begins with `struct_size` and grows at its end: a program may know less of it than this library
/// (an older header) or more (a newer one).
protocol SizedStruct {
    /// Its size in the first header that had it: no program knows less.
    static var firstSize: Int { get }
    /// What its _INIT macro fills in, for the fields that a program does not know.
    static var initial: Self { get }
}

extension SizedStruct {
    /// The caller's `struct_size`, if it can be one.
    fileprivate static func size(at pointer: UnsafeRawPointer, _ name: StaticString) throws(SessionError) -> Int {
        let size = Int(pointer.loadUnaligned(as: UInt32.self))
        // A size that no compiler gives could cut a field in two.
        guard size >= firstSize, size % MemoryLayout<Self>.alignment == 0 else {
            throw SessionError(
                .argument,
                "\(name)->struct_size is \(size), but must be sizeof(\(Self.self)), "
                    + "\(MemoryLayout<Self>.size) in this version: begin with the _INIT macro.")
        }
        return size
    }
}

/// A struct filled by the caller, as this library knows it: what the caller does not know has its initial value, and what
/// only the caller knows is left out.
func value<Struct: SizedStruct>(sized pointer: UnsafePointer<Struct>?, _ name: StaticString) throws(SessionError) -> Struct {
    guard let pointer else { throw SessionError(.argument, "\(name) is NULL.") }
    let size = min(try Struct.size(at: pointer, name), MemoryLayout<Struct>.size)
    var value = Struct.initial
    withUnsafeMutableBytes(of: &value) { $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: size)) }
    return value
}

/// The caller's place for a struct.
struct SizedPlace<Struct: SizedStruct> {
    private let start: UnsafeMutableRawPointer
    private let size: Int

    init(_ pointer: UnsafeMutablePointer<Struct>?, _ name: StaticString) throws(SessionError) {
        guard let pointer else { throw SessionError(.argument, "\(name) is NULL.") }
        start = UnsafeMutableRawPointer(pointer)
        size = min(try Struct.size(at: start, name), MemoryLayout<Struct>.size)
    }

    /// Writes the fields that the caller knows; its `struct_size` stays.
    func write(_ value: Struct) {
        let sizeField = MemoryLayout<UInt32>.size
        withUnsafeBytes(of: value) {
            (start + sizeField).copyMemory(from: $0.baseAddress.unsafelyUnwrapped + sizeField, byteCount: size - sizeField)
        }
    }
}

extension furca_stats: SizedStruct {
    static let firstSize = 128
    static var initial: Self { Self() }
}

extension furca_modes: SizedStruct {
    static let firstSize = 40
    static var initial: Self { Self() }
}

extension furca_summary: SizedStruct {
    static let firstSize = 80
    static var initial: Self { Self() }
}

extension furca_event: SizedStruct {
    static let firstSize = 64
    static var initial: Self { Self() }
}

extension furca_tensor_spec: SizedStruct {
    static let firstSize = 32
    static var initial: Self {
        Self(struct_size: 0, dtype: furca_dtype(FURCA_FLOAT32), name: nil, shape: nil, rank: 0, frozen: 0)
    }
}

extension furca_sketch_options: SizedStruct {
    static let firstSize = 8
    static var initial: Self { Self(struct_size: 0, exact_limit: 4096, counts_one_in: 1) }
}

extension furca_counted: SizedStruct {
    static let firstSize = 120
    static var initial: Self {
        var counted = Self()
        counted.dtype = furca_dtype(FURCA_FLOAT32)
        return counted
    }
}

extension furca_session_options: SizedStruct {
    static let firstSize = 40
    static var initial: Self {
        let options = SessionOptions()
        return Self(
            struct_size: 0, exact_limit: UInt32(options.exactLimit), path: nil, alpha: options.alpha,
            budget: options.budget, always_until: Int64(options.alwaysUntil), threads: UInt32(options.threads),
            resume: options.resumes ? 1 : 0, max_size: UInt64(options.maximumSize), sketch_error: options.sketchError,
            paths: UInt32(options.paths), reserved: 0, seed: options.seed)
    }
}
