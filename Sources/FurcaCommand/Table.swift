/// Rows of text in columns as wide as what is in them.
struct Table {
    enum Alignment { case left, right }

    var titles: [String]
    var alignments: [Alignment]
    var rows: [[String]] = []

    /// Columns named first are text; the others hold numbers.
    init(text: [String], numbers: [String]) {
        titles = text + numbers
        alignments = text.map { _ in .left } + numbers.map { _ in .right }
    }

    /// The title and the rows, each a line.
    var lines: [String] {
        let widths = titles.indices.map { column in ([titles] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            var text = cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return alignments[column] == .left ? cells[column] + space : space + cells[column]
            }.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text
        }
        return [line(titles)] + rows.map(line)
    }

    func print() {
        for (number, line) in lines.enumerated() { Swift.print(number == 0 ? Style.bold(line) : line) }
    }
}
