/// Whether `a` comes before `b` where runs of digits are compared as numbers: "h.2" before "h.10".
package func naturallyPrecedes(_ a: String, _ b: String) -> Bool {
    var left = Array(a.utf8)[...]
    var right = Array(b.utf8)[...]
    while let x = left.first, let y = right.first {
        if isDigit(x) && isDigit(y) {
            let number = takeNumber(from: &left)
            let other = takeNumber(from: &right)
            if number.count != other.count { return number.count < other.count }
            if number != other { return number.lexicographicallyPrecedes(other) }
        } else if x != y {
            return x < y
        } else {
            left = left.dropFirst()
            right = right.dropFirst()
        }
    }
    return left.isEmpty == right.isEmpty ? a.utf8.lexicographicallyPrecedes(b.utf8) : left.isEmpty
}

/// The digits in front, without leading zeros.
private func takeNumber(from bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let digits = bytes.prefix(while: isDigit)
    bytes = bytes.dropFirst(digits.count)
    return digits.drop { $0 == UInt8(ascii: "0") }
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
