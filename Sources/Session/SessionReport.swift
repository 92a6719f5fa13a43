import Forks
import RunFile

/// The lines at the end of a run: what was seen, what was not and why, what it cost.
extension Session {
    package var report: String {
        get throws(SessionError) {
            // The writer's lock is no lock of a child's.
            try refuseInChild()
            let lost = writing?.lost ?? 0
            let problem = writing?.problem
            let problems = writing?.problems ?? []
            return try query { () throws(SessionError) in
                let summary = summary(recordsLost: lost)
                return ([seen(summary)] + forks() + unseen(summary, problem: problem) + cost(summary) + file(problems))
                    .joined(separator: "\n")
            }
        }
    }

    private func seen(_ summary: SessionSummary) -> String {
        let values = tensors.reduce(0) { $0 + ($1.isGroup ? 0 : $1.elementCount) }
        let groups = tensors.reduce(0) { $0 + ($1.isGroup ? 1 : 0) }
        var line = "Watched: \(Figures.count(summary.tensors - groups, "tensor")), \(Figures.count(values, "value"))"
        if groups > 0 { line += ", \(Figures.count(groups, "group"))" }
        line += "; \(Figures.count(summary.looks, "look"))"
        if let step { line += " up to step \(Figures.grouped(step))" }
        line += "."
        if let history, let last = history.step {
            line += "\nResumed after step \(Figures.grouped(last)), with \(Figures.count(history.looks, "look")) until then."
        }
        return line
    }

    private func forks() -> [String] {
        func tally(_ kind: ForkEvent.Kind) -> Int { events.reduce(0) { $0 + ($1.event.kind == kind ? 1 : 0) } }
        let splits = tally(.split)
        if splits == 0 { return ["Forks: none."] }
        let byOptimizer = events.reduce(0) { $0 + ($1.event.kind == .split && $1.event.label == .optimizer ? 1 : 0) }
        var line = "Forks: \(Figures.count(splits, "split")) (\(Figures.grouped(byOptimizer)) by the optimiser's first steps)"
        line += ", \(Figures.grouped(tally(.established))) established as learned, \(Figures.count(tally(.merge), "merge"))."
        let forked = tensors.filter(\.tracker.isForked)
        var lines = [line]
        if forked.isEmpty {
            lines.append("Forked now: nothing.")
        } else {
            lines.append("Forked now: \(Figures.count(forked.count, "tensor")).")
            lines += Self.shortened(forked.map { state in
                let branches = state.tracker.branches.text
                return "  \(state.record.name): \(branches)"
            })
        }
        return lines
    }

    private func unseen(_ summary: SessionSummary, problem: String?) -> [String] {
        var lines: [String] = []
        if summary.looksLeftOut > 0 {
            lines.append(
                "  \(Figures.count(summary.looksLeftOut, "step")) to stay within "
                    + "\(Figures.fixed(options.budget * 100, places: 1)) % of wall time")
        }
        if summary.looksInPart > 0 {
            lines.append(
                "  parts at \(Figures.count(summary.looksInPart, "look")), for the same reason: tensors took turns"
                    + (tensors.contains { $0.wasSampled } ? ", and blocks of large ones were sampled" : ""))
        }
        if tallies.looksUntested > 0 {
            lines.append(
                "  fork tests at \(Figures.count(tallies.looksUntested, "look")), for the same reason: a tensor tested at step s is "
                    + "tested again at s + s/64")
        }
        if let drop = tallies.lastDrop {
            lines.append(
                "  \(Figures.count(summary.looksDropped, "look")) dropped; the last, at step \(Figures.grouped(drop.step)): "
                    + drop.reason)
        }
        let never = tensors.filter { $0.sketch == nil && $0.looks == 0 }
        lines += Self.shortened(never.map { "  \($0.record.name): " + whyNever($0) })
        lines += GapLines.lines(gaps)
        if summary.recordsLost > 0 {
            lines.append(
                "  \(Figures.count(summary.recordsLost, "record")) not in the run file: the disk was too slow, or refused")
        }
        if let problem { lines.append("  the run file is behind: \(problem)") }
        return lines.isEmpty ? ["Not seen: nothing was left out."] : ["Not seen:"] + lines
    }

    private func whyNever(_ state: TensorState) -> String {
        guard let members = state.members else { return "registered, but never observed" }
        return tensors.contains { !$0.isGroup && members.matches($0.record.name) }
            ? "none of its members came with single elements: they came as sketches, or are exempt"
            : "no tensor that was observed is named \(members.text)"
    }

    private func cost(_ summary: SessionSummary) -> [String] {
        let share = summary.secondsWall > 0 ? summary.secondsInside / summary.secondsWall * 100 : 0
        var line = "Cost: \(Figures.duration(summary.secondsInside)), \(Figures.fixed(share, places: 2)) % of "
        line += "\(Figures.duration(summary.secondsWall))"
        if summary.looks > 0 {
            line += "; \(Figures.duration(summary.secondsInside / Double(summary.looks))) per look"
        }
        if summary.secondsOverlapped > 0 {
            line += "; beside the training, Furca's own threads read for \(Figures.duration(summary.secondsOverlapped))"
            line += ", and it waited for them for \(Figures.duration(summary.secondsWaiting))"
        }
        return [line + "."]
    }

    /// Where the run is, and everything that went wrong with it.
    private func file(_ problems: [String]) -> [String] {
        guard let writing else { return [] }
        var line = "Run file: \(writing.path)"
        if let system = writing.sharedFileSystem {
            line += " (on \(system), where a write-ahead log is unsafe: readers may delay its writing, never the training)"
        }
        return [line] + Self.shortened(problems.map { "  in the course of the run: \($0)" })
    }

    /// At most a dozen lines, and how many more there would be.
    private static func shortened(_ lines: [String], to limit: Int = 12) -> [String] {
        lines.count <= limit ? lines : lines.prefix(limit) + ["  … and \(lines.count - limit) more"]
    }
}
