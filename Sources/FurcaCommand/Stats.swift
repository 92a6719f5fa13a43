import ArgumentParser
import RunFile

struct Stats: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Statistics of one tensor over the steps, or of several at their latest look.",
        discussion: "Columns are described in Sources/RunFile/SCHEMA.md; furca export has all of them.")

    @OptionGroup var argument: RunArgument

    @Argument(help: "A tensor's name, or a pattern with * and ?. Left out: all tensors at their latest look.")
    var tensor: String?

    @OptionGroup var steps: StepRange

    @Flag(help: "Print one JSON object a row, with all columns.")
    var json = false

    private static let columns = ["min", "max", "mean", "std", "skewness", "kurtosis", "dip", "p_value", "modes"]

    func run() throws {
        let run = try argument.open()
        let tensors = try TensorPattern(text: tensor ?? "*").matches(in: run, path: argument.run)
        let isHistory = tensors.count == 1 && tensor != nil
        var table = Table(text: isHistory ? [] : ["tensor"], numbers: ["step"] + Self.columns)
        for tensor in tensors {
            var latest: ([String], [SQLValue])?
            try run.forEachRow(of: .stats, tensor: tensor.name, steps: steps.range) { columns, row in
                if isHistory { add(columns, row, to: &table, isHistory) } else { latest = (columns, row) }
            }
            if let (columns, row) = latest { add(columns, row, to: &table, isHistory) }
        }
        if !json { table.print() }
    }

    private func add(_ columns: [String], _ row: [SQLValue], to table: inout Table, _ isHistory: Bool) {
        if json {
            print(JSON.object(zip(columns, row).map { ($0, JSON($1)) }).text)
            return
        }
        let named = Dictionary(zip(columns, row), uniquingKeysWith: { first, _ in first })
        let names = (isHistory ? [] : ["tensor"]) + ["step"] + Self.columns
        table.rows.append(names.map { named[$0]?.shown ?? "–" })
    }
}
