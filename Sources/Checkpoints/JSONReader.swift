/// Reads JSON (RFC 8259) from front to back, strictly and without building a tree: what a document holds never takes more
/// memory than the caller keeps of it.
///
/// Refused: what is not UTF-8, nesting beyond `depthLimit`, unpaired surrogates, numbers where there are none.
struct JSONReader {
    /// What is wrong, to be put after "…: ".
    struct Problem: Error {
        var text: String
    }

    static let depthLimit = 16

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0

    fileprivate init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Calls `body` with each key of an object; it must read the value that follows.
    mutating func readObject(_ body: (inout JSONReader, String) throws(Problem) -> Void) throws(Problem) {
        try enter(UInt8(ascii: "{"), "an object")
        if try isClosed(by: UInt8(ascii: "}"), isFirst: true) { return }
        repeat {
            let key = try readString()
            try expect(UInt8(ascii: ":"), "a colon")
            try body(&self, key)
        } while try !isClosed(by: UInt8(ascii: "}"), isFirst: false)
    }

    /// Calls `body` before each element of an array; it must read the element.
    mutating func readArray(_ body: (inout JSONReader) throws(Problem) -> Void) throws(Problem) {
        try enter(UInt8(ascii: "["), "an array")
        if try isClosed(by: UInt8(ascii: "]"), isFirst: true) { return }
        repeat { try body(&self) } while try !isClosed(by: UInt8(ascii: "]"), isFirst: false)
    }

    mutating func readString() throws(Problem) -> String {
        skipSpace()
        try expect(UInt8(ascii: "\""), "a string")
        var text: [UInt8] = []
        while true {
            let start = position
            while let byte = peek(), byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
            text.append(contentsOf: bytes[start..<position])
            guard let byte = peek() else { throw Problem(text: "a string is not closed") }
            guard byte >= 0x20 else { throw problem("a control character in a string") }
            position += 1
            if byte == UInt8(ascii: "\"") { break }
            text.append(contentsOf: String(try readEscape()).utf8)
        }
        guard let string = String(validating: text, as: UTF8.self) else { throw problem("a string that is not UTF-8") }
        return string
    }

    /// A whole number from 0 to 2⁶³ − 1, written without sign, point or exponent.
    mutating func readCount() throws(Problem) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let (shifted, overflows) = value.multipliedReportingOverflow(by: 10)
            let (next, overflowsToo) = shifted.addingReportingOverflow(Int(byte & 0x0F))
            if overflows || overflowsToo { throw problem("a number of more than 63 bits") }
            value = next
            position += 1
        }
        let isPadded = position - start > 1 && bytes[start] == UInt8(ascii: "0")
        if position == start || isPadded || [".", "e", "E"].contains(peek().map { Character(Unicode.Scalar($0)) }) {
            throw problem("something else than a whole number from 0 up")
        }
        return value
    }

    /// Reads a value of any kind and forgets it.
    mutating func skipValue() throws(Problem) {
        skipSpace()
        switch peek() {
        case UInt8(ascii: "{"): try readObject { (reader, _) throws(Problem) in try reader.skipValue() }
        case UInt8(ascii: "["): try readArray { (reader) throws(Problem) in try reader.skipValue() }
        case UInt8(ascii: "\""): _ = try readString()
        case UInt8(ascii: "t"): try skip("true")
        case UInt8(ascii: "f"): try skip("false")
        case UInt8(ascii: "n"): try skip("null")
        default: try skipNumber()
        }
    }

    /// Makes sure that nothing but white space is left.
    fileprivate mutating func finish() throws(Problem) {
        skipSpace()
        if peek() != nil { throw problem("something after the end of the JSON") }
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private func problem(_ what: String) -> Problem { Problem(text: "\(what), at byte \(position) of the JSON") }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func expect(_ byte: UInt8, _ what: String) throws(Problem) {
        skipSpace()
        guard peek() == byte else { throw problem("\(what) is missing") }
        position += 1
    }

    private mutating func enter(_ byte: UInt8, _ what: String) throws(Problem) {
        guard depth < Self.depthLimit else { throw problem("more than \(Self.depthLimit) levels of nesting") }
        try expect(byte, what)
        depth += 1
    }

    private mutating func isClosed(by end: UInt8, isFirst: Bool) throws(Problem) -> Bool {
        skipSpace()
        if peek() == end {
            position += 1
            depth -= 1
            return true
        }
        if !isFirst { try expect(UInt8(ascii: ","), "a comma") }
        return false
    }

    private mutating func skip(_ word: StaticString) throws(Problem) {
        for index in 0..<word.utf8CodeUnitCount {
            guard peek() == word.utf8Start[index] else { throw problem("an unknown word") }
            position += 1
        }
    }

    private mutating func skipNumber() throws(Problem) {
        if peek() == UInt8(ascii: "-") { position += 1 }
        let start = position
        try skipDigits()
        if position - start > 1 && bytes[start] == UInt8(ascii: "0") { throw problem("a number with a leading zero") }
        if peek() == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            position += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(Problem) {
        let start = position
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        if position == start { throw problem("a value is missing") }
    }

    /// What follows a backslash.
    private mutating func readEscape() throws(Problem) -> Character {
        guard let byte = peek() else { throw Problem(text: "a string is not closed") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Character(Unicode.Scalar(byte))
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return Character(try readEscapedScalar())
        default: throw problem("an unknown escape in a string")
        }
    }

    private mutating func readEscapedScalar() throws(Problem) -> Unicode.Scalar {
        let unit = try readHexadecimal()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(UInt16(unit)), peek() == UInt8(ascii: "\\") else { throw problem("half a character") }
        position += 1
        guard peek() == UInt8(ascii: "u") else { throw problem("half a character") }
        position += 1
        let second = try readHexadecimal()
        guard UTF16.isTrailSurrogate(UInt16(second)),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00))
        else { throw problem("half a character") }
        return scalar
    }

    private mutating func readHexadecimal() throws(Problem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = peek().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
                throw problem("an escape without four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}

extension [UInt8] {
    /// Reads the bytes as one JSON document.
    func readJSON<Result>(
        _ body: (inout JSONReader) throws(JSONReader.Problem) -> Result
    ) throws(JSONReader.Problem) -> Result {
        let result = withUnsafeBytes { bytes -> Swift.Result<Result, JSONReader.Problem> in
            do throws(JSONReader.Problem) {
                var reader = JSONReader(bytes)
                let result = try body(&reader)
                try reader.finish()
                return .success(result)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
