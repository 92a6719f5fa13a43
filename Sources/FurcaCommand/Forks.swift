import ArgumentParser
import RunFile

struct Forks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What happened to the shape of tensors: splits, merges, and what became of them.")

    @OptionGroup var argument: RunArgument

    @Argument(help: "A tensor's name, or a pattern with * and ?. Left out: all.")
    var tensor: String?

    @Option(help: "Only of this kind: split, established, merge, nonfinite.")
    var kind: String?

    @Option(help: "Only with this label: optimizer, learned, lattice.")
    var label: String?

    @OptionGroup var steps: StepRange

    @Flag(help: "Print one JSON object a fork.")
    var json = false

    func run() throws {
        let run = try argument.open()
        let names = try tensor.map { Set(try TensorPattern(text: $0).matches(in: run, path: argument.run).map(\.name)) }
        var count = 0
        try run.forEachRow(of: .forks, steps: steps.range) { columns, row in
            let named = Dictionary(zip(columns, row), uniquingKeysWith: { first, _ in first })
            guard names?.contains(named["tensor"]?.string ?? "") ?? true, kind == nil || named["kind"]?.string == kind,
                label == nil || named["label"]?.string == label
            else { return }
            count += 1
            if json {
                print(JSON.object(zip(columns, row).map { ($0, JSON($1)) }).text)
            } else {
                let line = named["text"]?.string ?? ""
                print(named["label"] == .text("learned") ? Style.green(line) : line)
            }
        }
        if count == 0 && !json { print("No forks.") }
    }
}
