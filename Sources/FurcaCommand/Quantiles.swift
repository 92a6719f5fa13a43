import ArgumentParser
import RunFile

struct Quantiles: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Quantiles of a tensor, at each step whose sketch was kept.",
        discussion: """
            Exact for tensors whose values are kept (up to 4,096 by default); otherwise with a relative error of at most 1/257.
            """)

    @OptionGroup var argument: RunArgument

    @Argument(help: "A tensor's name.")
    var tensor: String

    @Option(name: .shortAndLong, help: "Shares from 0 to 1, separated by commas.")
    var q = "0,0.01,0.05,0.25,0.5,0.75,0.95,0.99,1"

    @OptionGroup var steps: StepRange

    @Flag(help: "Print one JSON object a step.")
    var json = false

    func validate() throws { _ = try shares() }

    private func shares() throws -> [Double] {
        try q.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let share = Double(word), (0...1).contains(share) else {
                throw ValidationError("--q \(q): \"\(word)\" is not a share from 0 to 1.")
            }
            return share
        }
    }

    func run() throws {
        let run = try argument.open()
        let shares = try shares()
        guard let tensor = try TensorPattern(text: tensor).matches(in: run, path: argument.run).first?.name else { return }
        var table = Table(text: [], numbers: ["step"] + q.split(separator: ",").map { "q\($0)" })
        for step in try run.sketchSteps(of: tensor) where steps.range?.contains(step) ?? true {
            guard let sketch = try run.sketch(of: tensor, step: step) else { continue }
            let values = shares.map(sketch.quantile)
            if json {
                print(JSON.object([
                    ("step", .integer(step)), ("tensor", .string(tensor)), ("q", .array(shares.map(JSON.number))),
                    ("values", .array(values.map(JSON.number))),
                ]).text)
            } else {
                table.rows.append(["\(step)"] + values.map(Numbers.short))
            }
        }
        if !json { table.print() }
    }
}
