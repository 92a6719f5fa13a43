/// The dtypes a trainer's buffer may have. Raw values are those of `furca_dtype`.
package enum ElementType: UInt32, Sendable, CaseIterable {
    case float32 = 1
    case float64 = 2
    case float16 = 3
    case bfloat16 = 4
    case float8_e4m3fn = 5
    case float8_e5m2 = 6
    case int8 = 7

    /// Bytes of one element.
    package var byteCount: Int {
        switch self {
        case .float32: 4
        case .float64: 8
        case .float16, .bfloat16: 2
        case .float8_e4m3fn, .float8_e5m2, .int8: 1
        }
    }
}

extension ElementType: CustomStringConvertible {
    /// The name people and run files use: "float32".
    package var description: String {
        switch self {
        case .float32: "float32"
        case .float64: "float64"
        case .float16: "float16"
        case .bfloat16: "bfloat16"
        case .float8_e4m3fn: "float8_e4m3fn"
        case .float8_e5m2: "float8_e5m2"
        case .int8: "int8"
        }
    }
}
