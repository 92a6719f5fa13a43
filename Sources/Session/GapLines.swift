/// What was not watched, for the report: each thing by its name, in as few lines as that takes.
enum GapLines {
    /// Up to so many of one reason have a line of their own; the names of more follow each other on one line.
    private static let limit = 3
    /// So many names that differ in their first number alone become one: blocks.{0…11}.weight.
    private static let leastCollapsed = 3

    static func lines(_ gaps: [(name: String, reason: String)]) -> [String] {
        var places: [String: Int] = [:]
        var groups: [(reason: String, names: [String])] = []
        for gap in collapse(gaps) {
            if let place = places[gap.reason] {
                groups[place].names.append(gap.name)
            } else {
                places[gap.reason] = groups.count
                groups.append((gap.reason, [gap.name]))
            }
        }
        return groups.flatMap { group in
            (group.names.count <= limit ? group.names : [group.names.joined(separator: ", ")]).map { "  \($0): \(group.reason)" }
        }
    }

    /// The same gaps, those of one reason whose names differ in the first number alone made one.
    private static func collapse(_ gaps: [(name: String, reason: String)]) -> [(name: String, reason: String)] {
        var families: [Family: [Int]] = [:]
        let members = gaps.map { gap in Family.of(gap.name, gap.reason) }
        for case let (family, number)? in members { families[family, default: []].append(number) }
        var done = Set<Family>()
        var result: [(name: String, reason: String)] = []
        for (gap, member) in zip(gaps, members) {
            guard let family = member?.family, let numbers = families[family], numbers.count >= leastCollapsed else {
                result.append(gap)
                continue
            }
            if done.insert(family).inserted {
                result.append((family.head + "{" + ranges(numbers) + "}" + family.tail, gap.reason))
            }
        }
        return result
    }

    /// 0, 1, 2, 5 as "0…2,5".
    private static func ranges(_ numbers: [Int]) -> String {
        var runs: [ClosedRange<Int>] = []
        for number in Set(numbers).sorted() {
            if let last = runs.last, last.upperBound == number - 1 {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)…\($0.upperBound)" }.joined(separator: ",")
    }

    /// Names that differ in their first number alone, and have one reason.
    private struct Family: Hashable {
        let head: String
        let tail: String
        let reason: String

        /// nil for a name without a number, or with one that is not written as usual.
        static func of(_ name: String, _ reason: String) -> (family: Family, number: Int)? {
            guard let start = name.firstIndex(where: isDigit) else { return nil }
            let end = name[start...].firstIndex { !isDigit($0) } ?? name.endIndex
            let digits = name[start..<end]
            guard let number = Int(digits), number < .max, "\(number)" == digits else { return nil }
            return (Family(head: String(name[..<start]), tail: String(name[end...]), reason: reason), number)
        }

        private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
    }
}
