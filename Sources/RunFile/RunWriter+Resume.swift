import CSQLite
import Forks
import Kernels

/// What a run file tells a session that goes on with it.
package struct RunHistory: Sendable {
    package struct Tensor: Sendable {
        package var record: TensorRecord
        /// The latest step at which it was looked at, and what to go on from; nil if it never was.
        package var last: (step: Int, progress: TensorProgress)?
        /// Its branches at that step, if it was forked.
        package var branches: [Branch] = []
        /// The latest step that keeps its sketch.
        package var sketchStep: Int?
        /// The latest step that keeps where its followed elements were.
        package var pathStep: Int?
    }

    package struct Event: Sendable {
        package var tensor: Int
        package var event: ForkEvent
        package var text: String
    }

    /// By id.
    package var tensors: [Tensor] = []
    /// Which of them are groups.
    package var groups: [(tensor: Int, name: String, pattern: String)] = []
    /// In the order they were seen.
    package var events: [Event] = []
    package var facts: [String: String] = [:]
    /// The latest.
    package var step: Int?
    package var looks = 0
    package var leftOut = 0
}

extension RunWriter {
    /// Opens a run file to go on with it.
    /// - Throws: `.io` if it cannot be written or is being written; `.format` or `.newerVersion` if it is no run file that this
    ///   version can go on with.
    package static func resume(
        _ path: String, maximumSize: Int = 0, sketchError: Double = 0, journal: Journal? = nil
    ) throws(RunFileError) -> (writer: RunWriter, history: RunHistory) {
        let location = try RunPath.resolve(path)
        try SQLiteDatabase.openRun(at: location, calledIn: path).close()
        let lock = try WriterLock(location: location, calledIn: path)
        let database = try openDatabase(at: location, calledIn: path)
        try database.distrust()
        guard try database.value(of: "pragma user_version", doing: "open") == .integer(Schema.version) else {
            throw RunFileError(
                kind: .format,
                message: "The run file \(path) was begun by an earlier version of furca: it can be read, but not continued.")
        }
        try database.complete()
        let sharedFileSystem = FileSystem.sharedName(of: location)
        let mode = try database.settle(journal ?? (sharedFileSystem == nil ? .writeAhead : .rollback))
        let statements = try WriterStatements(database)
        let (history, numbering) = try database.history(called: path)
        let level = history.facts[Thinning.levelKey].flatMap { Int($0) } ?? 0
        let writer = RunWriter(
            path: path, sharedFileSystem: sharedFileSystem,
            connection: Connection(
                database: database, statements: statements, place: FilePlace(location: location, lock: lock)),
            numbering: numbering, thinning: Thinning(maximumSize: maximumSize, level: level),
            sketchError: sketchError)
        try writer.write([.fact(key: "journal_mode", value: mode)])
        return (writer, history)
    }
}

extension SQLiteDatabase {
    fileprivate func history(called path: String) throws(RunFileError) -> (RunHistory, Numbering) {
        var history = RunHistory()
        var numbering = Numbering()
        try forEach("select key, value from fact") { row in history.facts[row.text(0)] = row.text(1) }
        let isWhole = try readTensors(into: &history)
        for tensor in history.tensors { numbering.tensors[tensor.record.id] = tensor.record.name }
        guard isWhole else {
            throw RunFileError(kind: .format, message: "The run file \(path) is damaged: what it says of its tensors is not whole.")
        }
        try readEvents(into: &history)
        try readBranches(into: &history)
        history.step = try integer("select max(step) from look where superseded is null")
        try forEach(
            """
            select o.tensor, max(o.step) from observation o join look l on l.id = o.look
            where o.sketch is not null and l.superseded is null group by o.tensor
            """
        ) { row in
            if let id = row.integer(0), history.tensors.indices.contains(id) { history.tensors[id].sketchStep = row.integer(1) }
        }
        try forEach(
            """
            select p.tensor, max(p.step) from path p join look l on l.id = p.look where l.superseded is null group by p.tensor
            """
        ) { row in
            if let id = row.integer(0), history.tensors.indices.contains(id) { history.tensors[id].pathStep = row.integer(1) }
        }
        try forEach("select tensor, name, pattern from tensor_group order by tensor") { row in
            if let id = row.integer(0) { history.groups.append((id, row.text(1), row.text(2))) }
        }
        let thinned = Int(history.facts[Thinning.looksKey] ?? "") ?? 0
        history.looks = (try integer("select count(*) from look") ?? 0) + thinned
        history.leftOut =
            (try integer("select count(*) from left_out_step") ?? 0) + (Int(history.facts[Thinning.leftOutKey] ?? "") ?? 0)
        try forEach("select id, name from metric_name") { row in numbering.metricNames[row.text(1)] = row.integer(0) }
        numbering.looks = try integer("select max(id) from look") ?? 0
        numbering.sketches = try integer("select max(id) from sketch") ?? 0
        numbering.events = try integer("select max(id) from event") ?? 0
        numbering.metrics = try integer("select max(number) from metric") ?? 0
        numbering.rewinds = try integer("select max(number) from rewind") ?? 0
        return (history, numbering)
    }

    /// - Returns: false if something that a writer wrote is not there as it wrote it.
    private func readTensors(into history: inout RunHistory) throws(RunFileError) -> Bool {
        var isWhole = true
        try forEach(
            """
            select t.id, t.name, t.dtype, t.shape, t.frozen, p.step, p.looks, p.late, p.origin, p.significant, p.point_mass,
                p.quiet
            from tensor t left join progress p on p.tensor = t.id order by t.id
            """
        ) { row in
            let type = ElementType.allCases.first { $0.description == row.text(2) }
            let shape = row.text(3).dropFirst().dropLast().split(separator: ",").map { Int($0) }
            // No address space holds more than 2^56 elements: a file that says so was not written by a session.
            let isPossible = shape.reduce(1.0) { $0 * Double($1 ?? -1) } <= 0x1p56 && shape.allSatisfy { ($0 ?? -1) >= 0 }
            guard let type, row.integer(0) == history.tensors.count, isPossible else {
                isWhole = false
                return
            }
            var tensor = RunHistory.Tensor(
                record: TensorRecord(
                    id: history.tensors.count, name: row.text(1), type: type, shape: shape.compactMap { $0 },
                    frozen: row.integer(4) == 1))
            if let step = row.integer(5) {
                tensor.last = (
                    step,
                    TensorProgress(
                        looks: row.integer(6) ?? 0, late: row.integer(7), origin: row.real(8), significant: row.integer(9),
                        quiet: row.integer(11),
                        pointMass: row.integer(10))
                )
            }
            history.tensors.append(tensor)
        }
        return isWhole
    }

    private func readEvents(into history: inout RunHistory) throws(RunFileError) {
        var branches: [Int: [Branch]] = [:]
        try forEach("select event, position, mass, lower, upper, name from event_branch order by event, branch") { row in
            branches[row.integer(0) ?? 0, default: []].append(row.branch(1))
        }
        try forEach(
            """
            select e.id, e.tensor, e.kind, e.label, l.step, e.onset_after, e.onset_by, e.dip, e.p_value, e.text,
                e.structure, e.lines
            from event e join look l on l.id = e.look where l.superseded is null order by e.id
            """
        ) { row in
            guard let kind = ForkEvent.Kind.byStored[row.text(2)], let label = ForkEvent.Label.byStored[row.text(3)] else { return }
            guard let tensor = row.integer(1), history.tensors.indices.contains(tensor) else { return }
            let shape = history.tensors[tensor].record.shape
            let event = ForkEvent(
                kind: kind, label: label, step: row.integer(4) ?? 0, onsetAfter: row.integer(5), onsetBy: row.integer(6) ?? 0,
                dip: row.real(7) ?? .nan, pValue: row.real(8) ?? .nan, branches: branches[row.integer(0) ?? 0] ?? [],
                structure: Structure(stored: row.text(10), lines: row.text(11), of: shape))
            history.events.append(.init(tensor: tensor, event: event, text: row.text(9)))
        }
    }

    private func readBranches(into history: inout RunHistory) throws(RunFileError) {
        try forEach(
            """
            select b.tensor, b.position, b.mass, b.lower, b.upper, b.name
            from progress p join branch b on b.tensor = p.tensor and b.step = p.step join look l on l.id = b.look
            where l.superseded is null order by b.tensor, b.branch
            """
        ) { row in
            if let id = row.integer(0), history.tensors.indices.contains(id) { history.tensors[id].branches.append(row.branch(1)) }
        }
    }

    /// Runs `body` with each row of a query.
    func forEach(_ sql: String, _ values: [SQLValue] = [], _ body: (Statement) -> Void) throws(RunFileError) {
        let statement = try Statement(sql, in: self, doing: "read")
        try statement.bind(values)
        while try statement.step() { body(statement) }
    }

    func integer(_ sql: String) throws(RunFileError) -> Int? {
        let statement = try Statement(sql, in: self, doing: "read")
        return try statement.step() ? statement.integer(0) : nil
    }
}

extension Statement {
    /// A value of the current row; of another type, or NULL, it is nil.
    func integer(_ column: Int) -> Int? { if case .integer(let value) = view(column) { Int(value) } else { nil } }

    func real(_ column: Int) -> Double? { if case .real(let value) = view(column) { value } else { nil } }

    /// Of position, mass, lower, upper and name, from a column on.
    fileprivate func branch(_ column: Int) -> Branch {
        var branch = Branch(
            position: real(column) ?? .nan, mass: real(column + 1) ?? .nan, lower: real(column + 2) ?? .nan,
            upper: real(column + 3) ?? .nan)
        branch.name = integer(column + 4) ?? 0
        return branch
    }

    /// "" for a value of another type, or NULL.
    func text(_ column: Int) -> String { if case .text(let text) = value(column) { text } else { "" } }

    func value(_ column: Int) -> SQLValue { SQLValue(view(column)) }
}
