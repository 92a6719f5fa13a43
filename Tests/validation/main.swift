import Foundation

/// The report, or one part of it.
let parts: [(name: String, title: String, text: () -> String)] = [
    ("nulls", "Silence on unimodal laws", { Nulls.report() }),
    ("correlated", "Silence on runs whose noise persists", { Ensembles.correlatedNulls(runs: 200) }),
    ("rows", "Rows with different means", { Ensembles.rowMatrices(runs: 20) }),
    ("signs", "Sign-type optimisers are never `learned`", { Ensembles.signOptimizers() }),
    ("power", "Power", { Power.report(times: 100) + "\n\n" + Power.separations() }),
    ("pitchforks", "Onset and delay of a ramped pitchfork", { Ensembles.pitchforks(runs: 40) }),
]

let wanted = Array(CommandLine.arguments.dropFirst())
if wanted == ["dip-table"] {
    DipTable.run(samples: 2_000_000)
} else if let unknown = wanted.first(where: { name in !parts.contains { $0.name == name } }) {
    print("no part is named \(unknown); there are dip-table, \(parts.map(\.name).joined(separator: ", "))")
    exit(64)
} else {
    for part in parts where wanted.isEmpty || wanted.contains(part.name) {
        let start = Date()
        let text = part.text()
        progress("")
        print("## \(part.title)\n\n\(text)\n\n(\(Int(Date().timeIntervalSince(start).rounded())) s)\n")
        fflush(nil)
    }
}
