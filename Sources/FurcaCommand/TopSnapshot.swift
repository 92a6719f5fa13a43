import Glibc
import RunFile
import Session

/// What `top` shows of a run at one moment.
struct TopSnapshot {
    /// How far a tensor's distribution has moved since the step compared with.
    struct Change {
        var tensor: String
        var step: Int
        /// The Wasserstein distance of two Gaussians with the means and standard deviations then and now, in units of the
        /// standard deviation then.
        var distance: Double
        var now: RunFigures
    }

    var path: String
    var state: RunState
    var looks: RunLooks
    var tensors: Int
    var elements: Int
    var leftOut: Int
    var metrics: [(name: String, step: Int, value: Double)]
    var since: Int?
    /// The tensors that changed most first.
    var changes: [Change]
    /// The latest last.
    var forks: [(step: Int, label: String, text: String)]

    /// - Parameter since: the step to compare with; nil: an eighth of the run ago.
    init(of run: RunReader, path: String, since: Int?) throws {
        self.path = path
        state = RunState(try run.facts())
        looks = try run.looks()
        let tensors = try run.tensors()
        self.tensors = tensors.count
        elements = tensors.reduce(0) { $0 + $1.elements }
        leftOut = try run.count(of: .leftOut)
        metrics = try run.latestMetrics()
        let before = since ?? looks.lastStep.map { $0 - max(1, $0 / 8) }
        self.since = before
        let then = Dictionary(
            try run.figures(atOrBefore: before ?? 0).map { ($0.tensor, $0) }, uniquingKeysWith: { first, _ in first })
        changes = try run.figures().compactMap { now in
            then[now.tensor].map {
                Change(tensor: now.tensor, step: $0.step, distance: Self.distance($0, now), now: now)
            }
        }
        changes.sort { ($0.distance, $1.tensor) > ($1.distance, $0.tensor) }
        forks = try run.latestForks(40)
    }

    private static func distance(_ then: RunFigures, _ now: RunFigures) -> Double {
        let moved = hypot(now.mean - then.mean, now.standardDeviation - then.standardDeviation)
        if moved == 0 { return 0 }
        // What was a constant has no scale of its own: the present one will do.
        let unit = then.standardDeviation > 0 ? then.standardDeviation : now.standardDeviation
        let distance = moved / unit
        return distance.isNaN ? 0 : distance
    }

    /// The screen, each line cut to `columns`.
    func lines(columns: Int, rows: Int) -> [String] {
        var lines: [String] = []
        func add(_ text: String, _ style: Style? = nil) {
            let text = String(text.prefix(columns))
            lines.append(style.map { $0(text) } ?? text)
        }
        let step = looks.lastStep.map { "step \(Figures.grouped($0))" } ?? "no look yet"
        add("\(path)  \(step)  (\(state.text))", .bold)
        add(
            "\(Figures.count(tensors, "tensor")), \(Figures.count(elements, "value")); \(Figures.count(looks.count, "look"))"
                + (leftOut > 0 ? ", \(Figures.grouped(leftOut)) left out" : ""))
        add(cost)
        if !metrics.isEmpty { add(metrics.map { "\($0.name) \(Numbers.short($0.value))" }.joined(separator: "  ")) }
        add("")
        let forkLines = min(forks.count, max(3, (rows - lines.count) / 3))
        let room = max(3, rows - lines.count - forkLines - 4)
        add("Changed most since step \(since.map(Figures.grouped) ?? "–")", .cyan)
        for (number, line) in table(rows: room, columns: columns).lines.enumerated() { add(line, number == 0 ? .dim : nil) }
        add("")
        add(forks.isEmpty ? "No forks" : "Latest forks", .cyan)
        for fork in forks.suffix(forkLines) {
            add(fork.text, fork.label == "learned" ? .green : fork.label == "optimizer" ? .dim : nil)
        }
        return lines
    }

    private func table(rows: Int, columns: Int) -> Table {
        var table = Table(text: ["tensor"], numbers: ["change/σ", "mean", "std", "kurtosis", "modes"])
        for change in changes.prefix(rows) {
            table.rows.append([
                Self.shortened(change.tensor, to: max(12, columns - 56)), Numbers.short(change.distance),
                Numbers.short(change.now.mean), Numbers.short(change.now.standardDeviation),
                Numbers.short(change.now.kurtosis), change.now.modes.map { "\($0)" } ?? "–",
            ])
        }
        return table
    }

    private var cost: String {
        var text = "Cost \(Figures.duration(looks.seconds))"
        if looks.count > 0 { text += ", \(Figures.duration(looks.seconds / Double(looks.count))) per look" }
        if let first = looks.firstTime, let last = looks.lastTime, last > first {
            text += ", \(Numbers.percent(looks.seconds / (last - first))) of the time"
        }
        return text
    }

    /// A name with its middle left out: both ends tell.
    private static func shortened(_ name: String, to width: Int) -> String {
        if name.count <= width { return name }
        return name.prefix(width / 3) + "…" + name.suffix(width - width / 3 - 1)
    }

    var json: JSON {
        .object([
            ("path", .string(path)),
            ("state", .string(state.rawValue)),
            ("step", JSON(looks.lastStep)),
            ("tensors", .integer(tensors)),
            ("elements", .integer(elements)),
            ("looks", .integer(looks.count)),
            ("left_out", .integer(leftOut)),
            ("seconds_inside", .number(looks.seconds)),
            ("metrics", .object(metrics.map { ($0.name, .number($0.value)) })),
            ("since", JSON(since)),
            ("changes", .array(changes.map { change in
                .object([
                    ("tensor", .string(change.tensor)), ("since", .integer(change.step)), ("change", .number(change.distance)),
                    ("step", .integer(change.now.step)), ("mean", .number(change.now.mean)),
                    ("std", .number(change.now.standardDeviation)), ("kurtosis", .number(change.now.kurtosis)),
                    ("modes", JSON(change.now.modes)),
                ])
            })),
            ("forks", .array(forks.map { fork in
                .object([("step", .integer(fork.step)), ("label", .string(fork.label)), ("text", .string(fork.text))])
            })),
        ])
    }
}
