import CSQLite
import Glibc

/// Writes one run to its file.
///
/// Each batch is one transaction: other processes see all of it or nothing, and once `write` has returned it survives the
/// death of this process. The file is in WAL mode while it is written, so that readers and the writer never wait for each
/// other; `close` leaves a single ordinary file. On file systems that machines share, where a WAL is unsafe, a rollback
/// journal takes its place.
///
/// Not to be used by two threads at once; it may be opened on one and used on another.
package final class RunWriter {
    /// As it was given; another once the run has been written anew because the place was taken.
    package internal(set) var path: String
    /// The name of the file system, if machines may share it: the run is then written with a rollback journal.
    package let sharedFileSystem: String?

    /// nil once closed.
    var connection: Connection?
    var numbering = Numbering()
    var thinning: Thinning
    /// The relative error of a quantile of the sketches in the file.
    let sketchError: Double

    struct Connection {
        let database: SQLiteDatabase
        let statements: WriterStatements
        let place: FilePlace
    }

    /// Makes a run file, and the directories above it that are missing.
    /// - Parameters:
    ///   - path: where nothing may be yet; see `freeSibling`.
    ///   - facts: about the whole run, by key. "format_version" and "journal_mode" are added.
    ///   - maximumSize: bytes that the file is to stay below, by `Thinning`; 0 for no limit.
    ///   - sketchError: the relative error that quantiles of the sketches in the file may have: see `Sketch.coarsened`.
    ///   - journal: how the file is written; nil to go by the file system.
    /// - Throws: `.io` with the system's words if the file exists or cannot be made; nothing is left of it then.
    package init(
        creating path: String, facts: [String: String], maximumSize: Int = 0, sketchError: Double = 0,
        journal: Journal? = nil
    ) throws(RunFileError) {
        self.path = path
        self.sketchError = sketchError
        thinning = Thinning(maximumSize: maximumSize)
        try RunPath.check(path)
        try RunPath.makeDirectories(above: path)
        try RunPath.makeFile(at: path)
        let location = try RunPath.resolve(path)
        sharedFileSystem = FileSystem.sharedName(of: location)
        let journal = journal ?? (sharedFileSystem == nil ? .writeAhead : .rollback)
        do throws(RunFileError) {
            let lock = try WriterLock(location: location, calledIn: path)
            let database = try Self.openDatabase(at: location, calledIn: path)
            let statements = try Self.create(facts, in: database)
            let mode = try database.settle(journal)
            try statements.fact.run([.text("journal_mode"), .text(mode)])
            if let sharedFileSystem { try statements.fact.run([.text("file_system"), .text(sharedFileSystem)]) }
            connection = Connection(
                database: database, statements: statements, place: FilePlace(location: location, lock: lock))
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(location + suffix) }
            throw error
        }
    }

    /// Goes on with a run file: see `RunWriter+Resume`.
    init(
        path: String, sharedFileSystem: String?, connection: Connection, numbering: Numbering, thinning: Thinning,
        sketchError: Double
    ) {
        self.sketchError = sketchError
        self.path = path
        self.sharedFileSystem = sharedFileSystem
        self.connection = connection
        self.numbering = numbering
        self.thinning = thinning
    }

    /// Makes a run file at `path` or, if that is taken, at the first of its numbered siblings that is free: see `freeSibling`.
    /// Several processes may do so at once with one path, and each gets its own file.
    package static func create(
        atOrBeside path: String, facts: [String: String], maximumSize: Int = 0, sketchError: Double = 0
    ) throws(RunFileError) -> RunWriter {
        while true {
            let free = freeSibling(of: path)
            do throws(RunFileError) {
                return try RunWriter(creating: free, facts: facts, maximumSize: maximumSize, sketchError: sketchError)
            } catch {
                // Another process has just taken it.
                guard error.cause == .nameTaken else { throw error }
            }
        }
    }

    static func openDatabase(at location: String, calledIn path: String) throws(RunFileError) -> SQLiteDatabase {
        try SQLiteDatabase(location, calledIn: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX)
    }

    /// The whole schema appears at once: a reader finds an empty file or a run.
    private static func create(
        _ facts: [String: String], in database: SQLiteDatabase
    ) throws(RunFileError) -> WriterStatements {
        let doing = "make"
        try database.execute("begin immediate", doing: doing)
        try database.execute(Schema.creation, doing: doing)
        let statements = try WriterStatements(database)
        for (key, value) in facts.merging(["format_version": "\(Schema.version)"], uniquingKeysWith: { $1 }) {
            try statements.fact.run([.text(key), .text(value)])
        }
        try database.execute("commit", doing: doing)
        return statements
    }

    /// Writes a batch: all of it or, after an error, nothing. The same batch can then be tried again.
    /// - Throws: `.io` if the disk is full or fails, or another program keeps the file locked; `.sql` or `.misuse` for
    ///   records that contradict the file (a look at an unknown tensor, a name that is taken).
    package func write(_ records: [RunRecord]) throws(RunFileError) {
        guard let connection else {
            throw RunFileError(kind: .misuse, message: "The run file \(path) is closed.")
        }
        if records.isEmpty { return }
        try connection.place.refuseIfReadOnly(calledIn: path)
        try thinIfLarge()
        let numberingBefore = numbering
        do throws(RunFileError) {
            try connection.database.transaction { () throws(RunFileError) in
                for record in records { try write(record, with: connection.statements) }
                try writeProgress(of: records, with: connection.statements)
            }
        } catch {
            numbering = numberingBefore
            throw error
        }
    }

    private func write(_ record: RunRecord, with statements: WriterStatements) throws(RunFileError) {
        switch record {
        case .tensor(let tensor):
            try write(tensor, with: statements)
        case .group(let group):
            try write(group, with: statements)
        case .look(let look):
            try write(look, with: statements)
        case .sketches(let step, let sketches):
            for (tensor, sketch) in sketches { try add(sketch, of: tensor, step: step, with: statements) }
        case .followed(let tensor, let places):
            try write(followed: places, of: tensor, with: statements)
        case .path(let tensor, let step, let values):
            try add(values, of: tensor, step: step, with: statements)
        case .metric(let step, let name, let value, let time):
            numbering.metrics += 1
            let id = try metricID(name, with: statements)
            try statements.metric.run([
                .integer(id), .integer(step), .integer(numbering.metrics), .real(value), .real(time),
            ])
        case .gap(let name, let reason):
            try statements.gap.run([.text(name), .text(reason)])
        case .event(let tensor, let event):
            try write(event, of: tensor, called: numbering.tensors[tensor] ?? "", with: statements)
        case .leftOut(let step):
            try statements.leftOut.run([.integer(step)])
        case .dropped(let step, let reason):
            try statements.dropped.run([.integer(step), .text(reason)])
        case .rewind(let step, let time):
            numbering.rewinds += 1
            try statements.rewind.run([.integer(numbering.rewinds), .integer(step), .real(time)])
            for table in [
                statements.supersedeLooks, statements.supersedeMetrics, statements.supersedeLeftOut,
                statements.supersedeDropped,
            ] {
                try table.run([.integer(numbering.rewinds), .integer(step)])
            }
        case .fact(let key, let value):
            try statements.fact.run([.text(key), .text(value)])
        }
    }

    private func write(_ tensor: TensorRecord, with statements: WriterStatements) throws(RunFileError) {
        let shape = "[" + tensor.shape.map(String.init).joined(separator: ",") + "]"
        let elements = tensor.shape.reduce(1) { product, length in
            let (exact, overflows) = product.multipliedReportingOverflow(by: length)
            return overflows ? Int.max : exact
        }
        try statements.tensor.run([
            .integer(tensor.id), .text(tensor.name), .text(tensor.type.description), .text(shape), .integer(elements),
            .integer(tensor.frozen ? 1 : 0),
        ])
        numbering.tensors[tensor.id] = tensor.name
    }

    private func write(_ group: GroupRecord, with statements: WriterStatements) throws(RunFileError) {
        let id = group.tensor.id
        if numbering.tensors[id] == nil { try write(group.tensor, with: statements) }
        let count = group.tensor.shape.first ?? 0
        try statements.resize.run([.text("[\(count)]"), .integer(count), .integer(id)])
        try statements.group.run([.integer(id), .text(group.name), .text(group.pattern)])
        try statements.forgetMembers.run([.integer(id)])
        for member in group.members { try statements.member.run([.integer(id), .integer(member)]) }
    }

    private func metricID(_ name: String, with statements: WriterStatements) throws(RunFileError) -> Int {
        if let id = numbering.metricNames[name] { return id }
        let id = numbering.metricNames.count
        try statements.metricName.run([.integer(id), .text(name)])
        numbering.metricNames[name] = id
        return id
    }

    /// Moves everything into the one file and closes it. Does nothing if that has been done.
    ///
    /// If another program is in the middle of reading, its side files stay until the last of them has closed the run;
    /// nothing is lost by that.
    /// - Throws: `.io` if the file could not be completed. What was written is then still safe in the `-wal` file beside it.
    package func close() throws(RunFileError) {
        guard let connection else { return }
        let database = connection.database
        self.connection = nil
        defer { database.close() }
        do throws(RunFileError) {
            try connection.place.refuseIfReadOnly(calledIn: path)
        } catch {
            database.leaveLog()
            throw error
        }
        if database.isInTransaction { try database.execute("rollback", doing: "close") }
        try database.leaveWAL()
    }
}

/// How SQLite keeps a transaction whole.
package enum Journal: Sendable {
    /// A write-ahead log, beside which everybody can read.
    case writeAhead
    /// A rollback journal: a reader and the writer wait for each other.
    case rollback
}

extension SQLiteDatabase {
    /// Chooses how the file is written.
    /// - Returns: the journal mode that SQLite has taken, which is "delete" where it can have no write-ahead log.
    func settle(_ journal: Journal) throws(RunFileError) -> String {
        let wanted = journal == .writeAhead ? "wal" : "delete"
        guard case .text(let mode) = try value(of: "pragma journal_mode = \(wanted)", doing: "write to") else { return wanted }
        // Rows are appended: pages seen before hardly matter, and a trainer's memory does.
        try execute("pragma synchronous = normal; pragma cache_size = -512", doing: "write to")
        return mode
    }

    /// Runs `body` in one transaction: all of it is in the file, or nothing.
    func transaction(_ body: () throws(RunFileError) -> Void) throws(RunFileError) {
        do throws(RunFileError) {
            // What an earlier failure has left behind, if its own rollback failed.
            if isInTransaction { try execute("rollback", doing: "write to") }
            try execute("begin immediate", doing: "write to")
            try body()
            try execute("commit", doing: "write to")
        } catch {
            // After some failures SQLite has rolled back by itself.
            if isInTransaction { try? execute("rollback", doing: "write to") }
            throw error
        }
    }

    /// Empties the WAL into the file and, unless a reader keeps it from that for a second, removes it.
    fileprivate func leaveWAL() throws(RunFileError) {
        waitForLocks(milliseconds: 1000)
        try execute("pragma wal_checkpoint(truncate)", doing: "close")
        for _ in 0..<50 {
            do throws(RunFileError) {
                return try execute("pragma journal_mode = delete", doing: "close")
            } catch {
                guard error.cause == .sqlite(SQLITE_BUSY) else { throw error }
                usleep(20_000)
            }
        }
    }
}

/// What the writer has numbered so far. It goes back with a batch that failed.
struct Numbering {
    var looks = 0
    var sketches = 0
    var events = 0
    var metrics = 0
    var rewinds = 0
    var metricNames: [String: Int] = [:]
    /// Names of the tensors in the file, by id.
    var tensors: [Int: String] = [:]
}
