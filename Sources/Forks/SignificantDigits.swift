#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A number in so many significant digits (1 to 17), as C's "%.3g" writes it in three: "0.138", "-1e-05", "1.02".
func significantDigits(_ value: Double, _ count: Int) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    let sign = value < 0 ? "-" : ""
    let most = Int(pow(10, Double(count)))
    var exponent = Int(log10(value.magnitude).rounded(.down))
    var digits = leadingDigits(of: value.magnitude, count, exponent)
    // The logarithm may have come out on the other side of a power of ten.
    if digits < most / 10 {
        exponent -= 1
        digits = leadingDigits(of: value.magnitude, count, exponent)
    }
    if digits >= most {
        exponent += 1
        digits = leadingDigits(of: value.magnitude, count, exponent)
    }
    var text = String(digits)
    if (-4..<Swift.max(6, count)).contains(exponent) {
        if exponent >= count - 1 {
            return sign + text + String(repeating: "0", count: exponent - count + 1)
        }
        if exponent < 0 { text = String(repeating: "0", count: -exponent) + text }
        let point = text.index(text.startIndex, offsetBy: max(0, exponent) + 1)
        return sign + trimmed(text[..<point] + "." + text[point...])
    }
    let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
    return sign + trimmed(text.prefix(1) + "." + text.dropFirst()) + (exponent < 0 ? "e-" : "e+") + power
}

/// The first `count` digits of a number that begins at the power of ten `exponent`, as a whole number.
private func leadingDigits(of magnitude: Double, _ count: Int, _ exponent: Int) -> Int {
    let power = exponent - (count - 1)
    if power >= 0 { return Int((magnitude / pow(10, Double(power))).rounded()) }
    // 10^300 first: what is left of the smallest subnormals would overflow by itself.
    let scaled = power < -300 ? magnitude * 1e300 * pow(10, Double(-power - 300)) : magnitude * pow(10, Double(-power))
    return Int(scaled.rounded())
}

/// Without zeros at the end of the decimals.
private func trimmed(_ text: Substring) -> String {
    var text = text
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return String(text)
}
