import ArgumentParser
import Glibc
import RunFile
import Session

struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What is in a run: tensors, looks, forks, metrics, what was not seen, and what it cost.")

    @OptionGroup var argument: RunArgument

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let run = try argument.open()
        let facts = try run.facts()
        let looks = try run.looks()
        let groups = try run.groups()
        let tensors = try run.tensors().filter { !groups.contains($0.name) }
        let state = RunState(facts)
        if json {
            Swift.print(try object(run, facts, looks, tensors, state).text)
        } else {
            try print(run, facts, looks, tensors, state)
        }
    }

    private func print(
        _ run: RunReader, _ facts: [String: String], _ looks: RunLooks, _ tensors: [RunTensor], _ state: RunState
    ) throws {
        func line(_ title: String, _ text: String) {
            Swift.print(Style.bold(title + String(repeating: " ", count: max(1, 11 - title.count))) + text)
        }
        line("Run", "\(argument.run), \(state.text)")
        if let first = looks.firstTime { line("Begun", Numbers.date(first)) }
        if let source = facts["source"] { line("Source", source) }
        let values = tensors.reduce(0) { $0 + $1.elements }
        line("Tensors", "\(Figures.count(tensors.count, "tensor")), \(Figures.count(values, "value"))")
        let groups = try run.groups()
        if !groups.isEmpty { line("Groups", groups.joined(separator: ", ")) }
        var text = Figures.count(looks.count, "look")
        if let first = looks.firstStep, let last = looks.lastStep { text += ", steps \(first) to \(last)" }
        line("Looks", text)
        let forks = try run.forkCounts()
        line("Forks", forks.isEmpty ? "none" : forks.map { "\($0.count) \(ForkNames.name($0.kind, $0.label))" }.joined(separator: ", "))
        let forked = try run.branchesNow()
        line("Forked now", forked.isEmpty ? "nothing" : Figures.count(forked.count, "tensor"))
        for (tensor, positions, masses) in forked.prefix(12) {
            let branches = zip(positions, masses).map { "\(Numbers.short($0)) (\(Numbers.percent($1)))" }
            Swift.print("             \(tensor): \(branches.joined(separator: ", "))")
        }
        if forked.count > 12 { Swift.print("             … and \(forked.count - 12) more") }
        let metrics = try run.latestMetrics()
        if !metrics.isEmpty {
            line("Metrics", metrics.map { "\($0.name) \(Numbers.short($0.value)) at step \($0.step)" }.joined(separator: ", "))
        }
        var unseen: [String] = []
        let leftOut = try run.count(of: .leftOut)
        if leftOut > 0 { unseen.append("\(Figures.count(leftOut, "step")) to stay within the budget") }
        unseen += try run.rows(of: .gaps).rows.map { "\($0[0].string): \($0[1].string)" }
        line("Not seen", unseen.isEmpty ? "nothing was left out" : unseen[0])
        for reason in unseen.dropFirst().prefix(11) { Swift.print("           \(reason)") }
        if unseen.count > 12 { Swift.print("           … and \(unseen.count - 12) more") }
        var cost = Figures.duration(looks.seconds) + " inside Furca"
        if looks.count > 0 { cost += ", \(Figures.duration(looks.seconds / Double(looks.count))) per look" }
        line("Cost", cost)
        line("Size", Numbers.bytes(RunState.size(of: argument.run)))
    }

    private func object(
        _ run: RunReader, _ facts: [String: String], _ looks: RunLooks, _ tensors: [RunTensor], _ state: RunState
    ) throws -> JSON {
        .object([
            ("path", .string(argument.run)),
            ("state", .string(state.rawValue)),
            ("tensors", .integer(tensors.count)),
            ("groups", .array(try run.groups().map(JSON.string))),
            ("elements", .integer(tensors.reduce(0) { $0 + $1.elements })),
            ("looks", .integer(looks.count)),
            ("first_step", JSON(looks.firstStep)),
            ("last_step", JSON(looks.lastStep)),
            ("first_time", JSON(looks.firstTime)),
            ("last_time", JSON(looks.lastTime)),
            ("forks", .array(try run.forkCounts().map { fork in
                .object([("kind", .string(fork.kind)), ("label", .string(fork.label)), ("count", .integer(fork.count))])
            })),
            ("forked_now", .array(try run.branchesNow().map { .string($0.tensor) })),
            ("left_out", .integer(try run.count(of: .leftOut))),
            ("gaps", .array(try run.rows(of: .gaps).rows.map { row in
                .object([("name", .string(row[0].string)), ("reason", .string(row[1].string))])
            })),
            ("seconds_inside", .number(looks.seconds)),
            ("bytes", .integer(RunState.size(of: argument.run))),
            ("facts", .object(facts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
        ])
    }
}

/// Whether a run goes on.
enum RunState: String {
    case running, finished, ended

    init(_ facts: [String: String]) {
        if facts["finished"] == "yes" {
            self = .finished
        } else if let pid = facts["pid"].flatMap({ pid_t($0) }), kill(pid, 0) == 0 || errno == EPERM {
            self = .running
        } else {
            self = .ended
        }
    }

    var text: String {
        switch self {
        case .running: "going on"
        case .finished: "finished"
        case .ended: "not finished, and its process is not on this machine (any more)"
        }
    }

    /// Bytes of a file and of what lies beside it while it is written.
    static func size(of path: String) -> Int {
        ["", "-wal", "-shm"].reduce(0) { sum, suffix in
            var status = stat()
            return stat(path + suffix, &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }
}

/// Words for kinds and labels of forks.
enum ForkNames {
    static func name(_ kind: String, _ label: String) -> String {
        label == "none" ? kind : "\(kind) (\(label))"
    }
}
