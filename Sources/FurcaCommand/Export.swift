import ArgumentParser
import RunFile

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a view of a run as CSV or JSON Lines.",
        discussion: """
            Views: \(RunView.allCases.map(\.rawValue).joined(separator: ", ")). \
            In CSV (RFC 4180) an undefined figure is an empty field, in JSON null.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case csv, jsonl }

    @OptionGroup var argument: RunArgument

    @Argument(help: "Which view.", completion: .list(RunView.allCases.map(\.rawValue)))
    var view: RunView = .stats

    @Option(name: .shortAndLong, help: "Rows of this tensor only.")
    var tensor: String?

    @OptionGroup var steps: StepRange

    @Option(name: .shortAndLong, help: "csv or jsonl. Left out: by the name of the output, else csv.")
    var format: Format?

    @Option(name: .shortAndLong, help: "The file to write; it must not exist. Left out: standard output.", completion: .file())
    var output: String?

    func validate() throws {
        if tensor != nil && !view.hasTensor { throw ValidationError("The view \(view.rawValue) is not of single tensors.") }
    }

    func run() throws {
        let run = try argument.open()
        if let tensor { _ = try TensorPattern(text: tensor).matches(in: run, path: argument.run) }
        let format = format ?? (output?.hasSuffix(".jsonl") == true ? .jsonl : .csv)
        var file = try output.map(OutputFile.init(creating:)) ?? .standardOutput()
        if format == .csv { try file.write(run.columns(of: view).map(csvField).joined(separator: ",") + "\r\n") }
        try run.forEachRow(of: view, tensor: tensor, steps: steps.range) { columns, row in
            switch format {
            case .csv: try file.write(row.map(csvField).joined(separator: ",") + "\r\n")
            case .jsonl: try file.write(JSON.object(zip(columns, row).map { ($0, JSON($1)) }).text + "\n")
            }
        }
        try file.flush()
    }
}

extension RunView: ExpressibleByArgument {}

private func csvField(_ value: SQLValue) -> String {
    switch value {
    case .null: ""
    case .integer(let number): "\(number)"
    case .real(let number): number.isInfinite ? (number > 0 ? "inf" : "-inf") : "\(number)"
    case .text(let text): csvField(text)
    case .blob(let bytes): "\(bytes.count) bytes"
    }
}

private func csvField(_ text: String) -> String {
    let needsQuotes = text.unicodeScalars.contains { [",", "\"", "\n", "\r"].contains($0) }
    return needsQuotes ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
}
