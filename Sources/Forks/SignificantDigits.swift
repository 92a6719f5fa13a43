#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A number in three significant digits, as C's "%.3g" writes it: "0.138", "-1e-05", "1.02".
func threeDigits(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    let sign = value < 0 ? "-" : ""
    var exponent = Int(log10(value.magnitude).rounded(.down))
    var digits = Int((value.magnitude / pow(10, Double(exponent - 2))).rounded())
    if digits >= 1000 {
        digits /= 10
        exponent += 1
    }
    var text = String(digits)
    if (-4..<6).contains(exponent) {
        if exponent >= 2 {
            return sign + text + String(repeating: "0", count: exponent - 2)
        }
        if exponent < 0 { text = String(repeating: "0", count: -exponent) + text }
        let point = text.index(text.startIndex, offsetBy: max(0, exponent) + 1)
        return sign + trimmed(text[..<point] + "." + text[point...])
    }
    let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
    return sign + trimmed(text.prefix(1) + "." + text.dropFirst()) + (exponent < 0 ? "e-" : "e+") + power
}

/// Without zeros at the end of the decimals.
private func trimmed(_ text: Substring) -> String {
    var text = text
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return String(text)
}
