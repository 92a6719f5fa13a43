/// One value of a row or a query's parameter: SQLite's five types.
package enum SQLValue: Sendable, Equatable {
    case null
    case integer(Int64)
    /// SQLite has no NaN: it becomes `null` when it is bound. Infinities stay what they are.
    case real(Double)
    case text(String)
    case blob([UInt8])
}

extension SQLValue {
    /// A number of things; one beyond SQLite's largest integer, 2^63 − 1, is held there.
    static func count(_ count: UInt64) -> SQLValue { .integer(Int64(clamping: count)) }

    static func integer(_ value: Int) -> SQLValue { .integer(Int64(value)) }

    static func integer(_ value: Int?) -> SQLValue { value.map { .integer(Int64($0)) } ?? .null }
}

/// One value of the current row where SQLite holds it, nothing copied.
package enum SQLValueView {
    case null
    case integer(Int64)
    case real(Double)
    /// UTF-8, without its final NUL.
    case text(UnsafeRawBufferPointer)
    case blob(UnsafeRawBufferPointer)
}

extension SQLValue {
    /// Copies what the view shows.
    init(_ view: SQLValueView) {
        switch view {
        case .null: self = .null
        case .integer(let value): self = .integer(value)
        case .real(let value): self = .real(value)
        case .text(let bytes): self = .text(String(decoding: bytes, as: UTF8.self))
        case .blob(let bytes): self = .blob([UInt8](bytes))
        }
    }
}
