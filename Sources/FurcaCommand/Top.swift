import ArgumentParser
import Glibc
import RunFile

struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch a run live: the tensors that changed most, the latest forks, the cost.",
        discussion: """
            q or Ctrl-C ends it. Change is how far mean and standard deviation have moved, in standard deviations: the Wasserstein \
            distance of two Gaussians that have them. In a pipe it prints once.
            """)

    @OptionGroup var argument: RunArgument

    @Option(help: "Compare with the latest look at or before this step. Left out: with an eighth of the run ago.")
    var since: Int?

    @Option(name: .shortAndLong, help: "Seconds between two looks at the file.")
    var interval = 1.0

    @Flag(help: "Print once, and end.")
    var once = false

    @Flag(help: "Print one JSON object, and end.")
    var json = false

    func validate() throws {
        guard interval >= 0.05, interval <= 3600 else { throw ValidationError("--interval \(interval) is not from 0.05 to 3600.") }
    }

    func run() throws {
        let run = try argument.open()
        if json { return print(try snapshot(of: run).json.text) }
        if once || !Terminal.outputIsTerminal || isatty(STDIN_FILENO) != 1 {
            for line in try snapshot(of: run).lines(columns: Terminal.outputIsTerminal ? Terminal.size(of: STDOUT_FILENO).columns : 200, rows: 48) {
                print(line)
            }
            return
        }
        let screen = try Screen()
        defer { screen.close() }
        repeat {
            let size = Terminal.size(of: STDOUT_FILENO)
            var lines = Array(try snapshot(of: run).lines(columns: size.columns, rows: size.rows - 1).prefix(size.rows - 1))
            while lines.count < size.rows - 1 { lines.append("") }
            lines.append(Style.reverse(String(" q quits; every \(Numbers.short(interval)) s ".prefix(size.columns))))
            screen.show(lines)
        } while screen.wait(seconds: interval)
    }

    private func snapshot(of run: RunReader) throws -> TopSnapshot {
        try TopSnapshot(of: run, path: argument.run, since: since)
    }
}
