import RunFile

/// A JSON value, written with its keys in the order given.
enum JSON {
    case null
    case bool(Bool)
    case integer(Int)
    /// What JSON has no number for, NaN and infinities, becomes null.
    case number(Double)
    case string(String)
    case array([JSON])
    case object([(String, JSON)])

    init(_ value: SQLValue) {
        switch value {
        case .null: self = .null
        case .integer(let number): self = .integer(Int(number))
        case .real(let number): self = .number(number)
        case .text(let text): self = .string(text)
        case .blob(let bytes): self = .string(bytes.map { hexadecimal($0) }.joined())
        }
    }

    /// On one line.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): "\(value)"
        case .number(let value): value.isFinite ? "\(value)" : "null"
        case .string(let value): quoted(value)
        case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let entries): "{" + entries.map { quoted($0) + ":" + $1.text }.joined(separator: ",") + "}"
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .integer(value) }

    init(_ value: Int?) { self = value.map(JSON.integer) ?? .null }
    init(_ value: Double?) { self = value.map(JSON.number) ?? .null }
}

private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where scalar.value < 0x20: result += "\\u00" + hexadecimal(UInt8(scalar.value))
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

private func hexadecimal(_ byte: UInt8) -> String {
    let digits = Array("0123456789abcdef")
    return String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
}
