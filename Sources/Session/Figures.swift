/// Numbers as people read them, without Foundation.
package enum Figures {
    /// "1,234,567"
    package static func grouped(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (offset, digit) in digits.enumerated() {
            if offset > 0 && (digits.count - offset) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// A number with `places` digits after the point.
    package static func fixed(_ number: Double, places: Int) -> String {
        guard number.isFinite, number.magnitude < 1e15 else { return "\(number)" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((number.magnitude * scale).rounded())
        let digits = String(scaled)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        let sign = number < 0 && scaled != 0 ? "-" : ""
        guard places > 0 else { return sign + padded }
        return sign + padded.dropLast(places) + "." + padded.suffix(places)
    }

    /// A duration: "850 µs", "12.3 ms", "85.3 s", "12 min 5 s", "3 h 20 min".
    package static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<0.001: return fixed(seconds * 1e6, places: 0) + " µs"
        case ..<0.1: return fixed(seconds * 1e3, places: 2) + " ms"
        case ..<1: return fixed(seconds * 1e3, places: 0) + " ms"
        case ..<120: return fixed(seconds, places: 1) + " s"
        default:
            guard seconds < 1e12 else { return "\(seconds) s" }
            let whole = Int(seconds)
            return whole < 3600
                ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
        }
    }

    /// "1 tensor", "3 tensors".
    package static func count(_ number: Int, _ noun: String) -> String {
        grouped(number) + " " + noun + (number == 1 ? "" : "s")
    }
}
