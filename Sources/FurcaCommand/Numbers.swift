import Glibc
import RunFile
import Session

/// Numbers as the tables show them.
enum Numbers {
    /// Four significant digits, without the noise of an exponent where none is needed: "0.01234", "1.235e-09", "–" for NaN.
    static func short(_ value: Double?) -> String {
        guard let value, !value.isNaN else { return "–" }
        if value == 0 { return "0" }
        if value.isInfinite { return value > 0 ? "∞" : "−∞" }
        return formatted(value.magnitude < 1e-4 || value.magnitude >= 1e7 ? "%.3e" : "%.4g", value)
    }

    /// A share of one, in percent.
    static func percent(_ share: Double) -> String { Figures.fixed(share * 100, places: share < 0.01 ? 2 : 1) + " %" }

    /// A number of bytes: "3.4 MiB".
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return Figures.fixed(value, places: unit == "B" ? 0 : 1) + " " + unit }
            value /= 1024
        }
        return Figures.fixed(value, places: 1) + " TiB"
    }

    /// Local date and time: "2025-03-14 15:09:26".
    static func date(_ seconds: Double) -> String {
        var moment = time_t(seconds)
        var parts = tm()
        localtime_r(&moment, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let length = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
        return String(decoding: text.prefix(length).map(UInt8.init), as: UTF8.self)
    }

    private static func formatted(_ format: String, _ value: Double) -> String {
        var text = [CChar](repeating: 0, count: 64)
        let length = withVaList([value]) { vsnprintf(&text, text.count, format, $0) }
        return String(decoding: text.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension SQLValue {
    /// For a table.
    var shown: String {
        switch self {
        case .null: "–"
        case .integer(let value): "\(value)"
        case .real(let value): Numbers.short(value)
        case .text(let text): text
        case .blob(let bytes): "\(bytes.count) bytes"
        }
    }
}
