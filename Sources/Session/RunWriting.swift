import Glibc
import RunFile

/// The thread that writes the run file. The trainer hands over records and goes on; it never waits for the disk.
final class RunWriting: @unchecked Sendable {
    /// Records wait at most this long, in seconds, before they are written.
    private static let delay = 0.3
    /// Wait between attempts after the disk refused, in seconds.
    private static let retryDelay = 1.0
    /// While nothing is to be written, the files are looked after this often, in seconds.
    private static let checkDelay = 0.5

    private let writer: RunWriter
    /// Bytes of a batch: a run file that is to stay small is thinned between batches.
    private let batchSize: Int
    /// See `RunWriter`.
    let sharedFileSystem: String?
    private let lock = Lock()
    private var queue = RecordQueue()
    private var isClosing = false
    /// Whether the thread knows that there is something to write.
    private var isAwake = false
    private var isOver = false
    /// Whether there was more to write than a batch holds.
    private var isBehind = false
    /// Records handed over so far, how many of them are in the file, and up to which one somebody waits.
    private var appended = 0
    private var written = 0
    private var wanted = 0
    /// Attempts that failed.
    private var failures = 0
    private var failure: RunFileError?
    private var currentPath: String
    private var told: [String] = []
    private var thread = pthread_t()

    /// Starts the thread. From now on the writer is its own.
    ///
    /// - Parameter maximumSize: of the file; 0 for no limit.
    init(_ writer: RunWriter, maximumSize: Int) throws(SessionError) {
        self.writer = writer
        batchSize = maximumSize > 0 ? maximumSize / 16 : .max
        currentPath = writer.path
        sharedFileSystem = writer.sharedFileSystem
        let context = Unmanaged.passRetained(self)
        guard
            let thread = startThread(
                { Unmanaged<RunWriting>.fromOpaque($0).takeRetainedValue().run() }, context.toOpaque())
        else {
            let reason = String(cString: strerror(errno))
            context.release()
            try? writer.close()
            throw SessionError(.capacity, "No thread could be started to write \(writer.path): \(reason).")
        }
        self.thread = thread
    }

    /// Where the file is now.
    var path: String {
        lock.withLock { currentPath }
    }

    /// Everything that has gone wrong so far, a sentence each; what lasts or comes again is there once.
    var problems: [String] {
        lock.withLock { told }
    }

    /// Looks that did not get into the file.
    var lost: Int {
        lock.withLock { queue.lost }
    }

    /// What the disk said last, nil if the last attempt went well.
    var problem: String? {
        lock.withLock { failure?.message }
    }

    func append(_ record: RunRecord) {
        lock.withLock {
            if queue.append(record) {
                appended += 1
            } else if queue.lost == 1 {
                told.append("The run file \(currentPath) is so far behind that looks are lost: the memory for them is full.")
            }
            // Waking a thread costs more than a step that is left out may: such a record waits for the next one that does.
            if !isAwake && record.wakesWriter {
                isAwake = true
                lock.wakeAll()
            }
        }
    }

    /// Waits until all that was handed over has been written, or could not be.
    func flush() throws(SessionError) {
        let problem: RunFileError? = lock.withLock {
            let target = appended
            let failuresBefore = failures
            wanted = max(wanted, target)
            lock.wakeAll()
            while written < target && failures == failuresBefore && !isOver { lock.wait() }
            return written < target ? failure : nil
        }
        if let problem { throw SessionError(problem) }
    }

    /// Writes what is left, ends the thread and closes the file.
    func close() throws(SessionError) {
        lock.withLock {
            isClosing = true
            lock.wakeAll()
        }
        pthread_join(thread, nil)
        var problem = failure
        do throws(RunFileError) {
            try writer.close()
        } catch {
            problem = problem ?? error
        }
        if let problem {
            throw SessionError(
                .io, "\(currentPath) is not complete: \(appended - written) records are missing. \(problem.message)")
        }
    }

    private func run() {
        while let batch = nextBatch() {
            var problem: RunFileError?
            do throws(RunFileError) {
                try stayInPlace()
                try writer.write(batch)
            } catch {
                problem = error
            }
            let givesUp: Bool = lock.withLock {
                failure = problem
                if let problem, !told.contains(problem.message) { told.append(problem.message) }
                if problem == nil {
                    written += batch.count
                } else {
                    failures += 1
                    wanted = written
                    queue.putBack(batch)
                }
                lock.wakeAll()
                return isClosing && problem != nil
            }
            if givesUp { break }
        }
        lock.withLock {
            isOver = true
            lock.wakeAll()
        }
    }

    /// Sees to it that others find what is written.
    private func stayInPlace() throws(RunFileError) {
        if writer.isInPlace { return }
        let before = writer.path
        try writer.writeAnew()
        lock.withLock {
            currentPath = writer.path
            told.append(
                "The run file \(before) was removed or replaced while it was written; all of the run has been written anew to "
                    + "\(writer.path).")
        }
    }

    /// Waits for records; nil when the session is closing and nothing is left. Without records after a while, none.
    private func nextBatch() -> [RunRecord]? {
        lock.withLock {
            let check = Clock.monotonic() + Self.checkDelay
            isAwake = !queue.isEmpty
            while !isClosing && (queue.isEmpty || !isAwake && wanted <= written) {
                guard !lock.wait(until: check) else { continue }
                if queue.isEmpty { return [] }
                break
            }
            if queue.isEmpty { return nil }
            // Many records in one transaction: a trainer's steps are often shorter than a commit.
            let deadline = Clock.monotonic() + (failure == nil ? Self.delay : Self.retryDelay)
            while !isClosing && !(isBehind && failure == nil) && wanted <= written && lock.wait(until: deadline) {}
            let batch = queue.take(upTo: batchSize)
            isBehind = !queue.isEmpty
            return batch
        }
    }
}

extension RunRecord {
    /// Whether it is to be in the file soon.
    fileprivate var wakesWriter: Bool {
        if case .leftOut = self { false } else { true }
    }
}
