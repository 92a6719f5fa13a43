import CSQLite
import Glibc

/// Writes one run to its file.
///
/// Each batch is one transaction: other processes see all of it or nothing, and once `write` has returned it survives the
/// death of this process. The file is in WAL mode while it is written, so that readers and the writer never wait for each
/// other; `close` leaves a single ordinary file.
///
/// Not to be used by two threads at once; it may be opened on one and used on another.
package final class RunWriter {
    /// As it was given.
    package let path: String

    /// nil once closed.
    private var connection: (database: SQLiteDatabase, statements: WriterStatements)?
    var numbering = Numbering()

    /// Makes a run file, and the directories above it that are missing.
    /// - Parameters:
    ///   - path: where nothing may be yet; see `freeSibling`.
    ///   - facts: about the whole run, by key. "format_version" is added.
    /// - Throws: `.io` with the system's words if the file exists or cannot be made; nothing is left of it then.
    package init(creating path: String, facts: [String: String]) throws(RunFileError) {
        self.path = path
        try RunPath.check(path)
        try RunPath.makeDirectories(above: path)
        try RunPath.makeFile(at: path)
        let location = try RunPath.resolve(path)
        do throws(RunFileError) {
            let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
            let database = try SQLiteDatabase(location, calledIn: path, flags: flags)
            connection = (database, try Self.create(facts, in: database))
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(location + suffix) }
            throw error
        }
    }

    /// Makes a run file at `path` or, if that is taken, at the first of its numbered siblings that is free: see `freeSibling`.
    /// Several processes may do so at once with one path, and each gets its own file.
    package static func create(atOrBeside path: String, facts: [String: String]) throws(RunFileError) -> RunWriter {
        while true {
            let free = freeSibling(of: path)
            do throws(RunFileError) {
                return try RunWriter(creating: free, facts: facts)
            } catch {
                // Another process has just taken it.
                guard error.cause == .nameTaken else { throw error }
            }
        }
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
        try database.execute("pragma journal_mode = wal", doing: doing)
        try database.execute("pragma synchronous = normal", doing: doing)
        // Rows are appended: pages seen before hardly matter, and a trainer's memory does.
        try database.execute("pragma cache_size = -512", doing: doing)
        return statements
    }

    /// Writes a batch: all of it or, after an error, nothing. The same batch can then be tried again.
    /// - Throws: `.io` if the disk is full or fails, or another program keeps the file locked; `.sql` or `.misuse` for
    ///   records that contradict the file (a look at an unknown tensor, a name that is taken).
    package func write(_ records: [RunRecord]) throws(RunFileError) {
        guard let (database, statements) = connection else {
            throw RunFileError(kind: .misuse, message: "The run file \(path) is closed.")
        }
        if records.isEmpty { return }
        let numberingBefore = numbering
        do throws(RunFileError) {
            if database.isInTransaction { try database.execute("rollback", doing: "write to") }
            try database.execute("begin immediate", doing: "write to")
            for record in records { try write(record, with: statements) }
            try database.execute("commit", doing: "write to")
        } catch {
            numbering = numberingBefore
            // After some failures SQLite has rolled back by itself. If this fails as well, the next batch begins with it.
            if database.isInTransaction { try? database.execute("rollback", doing: "write to") }
            throw error
        }
    }

    private func write(_ record: RunRecord, with statements: WriterStatements) throws(RunFileError) {
        switch record {
        case .tensor(let tensor):
            try write(tensor, with: statements)
        case .look(let look):
            try write(look, with: statements)
        case .sketches(let step, let sketches):
            for (tensor, sketch) in sketches { try add(sketch, of: tensor, step: step, with: statements) }
        case .metric(let step, let name, let value, let time):
            numbering.metrics += 1
            let id = try metricID(name, with: statements)
            try statements.metric.run([
                .integer(id), .integer(step), .integer(numbering.metrics), .real(value), .real(time),
            ])
        case .gap(let name, let reason):
            try statements.gap.run([.text(name), .text(reason)])
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
        guard let (database, _) = connection else { return }
        connection = nil
        defer { database.close() }
        if database.isInTransaction { try database.execute("rollback", doing: "close") }
        try database.leaveWAL()
    }
}

extension SQLiteDatabase {
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
