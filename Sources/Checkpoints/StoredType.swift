import Kernels

/// What a safetensors file may hold, by the names it has there.
enum StoredType {
    /// Bits of one element; nil for a name that the format does not know yet.
    static func bitCount(_ name: String) -> Int? {
        switch name {
        case "F4": 4
        case "F6_E2M3", "F6_E3M2": 6
        case "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0": 8
        case "I16", "U16", "F16", "BF16": 16
        case "I32", "U32", "F32": 32
        case "I64", "U64", "F64", "C64": 64
        default: nil
        }
    }

    /// The type in which it is read; nil for those that are not read.
    static func elementType(_ name: String) -> ElementType? {
        switch name {
        case "F32": .float32
        case "F64": .float64
        case "F16": .float16
        case "BF16": .bfloat16
        case "F8_E4M3": .float8_e4m3fn
        case "F8_E5M2": .float8_e5m2
        case "I8": .int8
        default: nil
        }
    }
}
