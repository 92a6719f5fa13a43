/// A pattern of names as for files: `*` stands for any characters, also none, `?` for one.
struct NamePattern: Sendable, Equatable {
    let text: String
    private let pattern: [Unicode.Scalar]

    init(_ text: String) {
        self.text = text
        pattern = Array(text.unicodeScalars)
    }

    func matches(_ name: String) -> Bool {
        let name = Array(name.unicodeScalars)
        var (i, j) = (0, 0)
        /// Where to go on if the last star is to stand for one more.
        var retry: (pattern: Int, name: Int)?
        while j < name.count {
            if i < pattern.count, pattern[i] == "*" {
                retry = (i + 1, j)
                i += 1
            } else if i < pattern.count, pattern[i] == "?" || pattern[i] == name[j] {
                i += 1
                j += 1
            } else if let last = retry {
                retry = (last.pattern, last.name + 1)
                (i, j) = (last.pattern, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[i...].allSatisfy { $0 == "*" }
    }
}
