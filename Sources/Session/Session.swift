import Forks
import Glibc
import RunFile
import Sketches

/// How a session is to be run. Defaults and meaning are those of `furca_session_options`.
package struct SessionOptions: Sendable {
    package var path: String?
    package var exactLimit = 4096
    package var alpha = 0.01
    package var budget = 0.01
    package var alwaysUntil = 16
    package var threads = 0
    /// Goes on with the run file at `path`, if there is one.
    package var resumes = false
    /// Bytes that the run file is to stay below; 0 for no limit.
    package var maximumSize = 1 << 30
    /// The relative error of a quantile of a sketch in the run file.
    package var sketchError = 1.0 / 64
    /// Elements of each tensor that are followed one by one; 0 for none.
    package var paths = 1024
    /// Of the choice of those elements.
    package var seed: UInt64 = 0

    package init() {}
}

/// One training run: the tensors it has, what was seen of them, their forks, and the thread that writes the run file.
///
/// Two locks. `calls` is held for the length of every call that changes the session, so such calls follow each other. `lock`
/// guards what queries read and is held only to copy a value in or out; a batch of looks is published under it at once, so
/// a query sees all of a step or nothing. A query never waits for a pass over data.
package final class Session: @unchecked Sendable {
    package let options: SessionOptions
    let owner = getpid()
    let calls = Lock()
    let lock = Lock()

    // Written under both locks, so either suffices to read.
    var isClosed = false
    var tensors: [TensorState] = []
    var ids: [String: Int] = [:]
    var events: [SessionEvent] = []
    /// Whom to tell of events, and how many it has been told.
    var callback: (@Sendable (Int) -> Void)?
    var delivered = 0
    var gaps: [(name: String, reason: String)] = []
    var budget: Budget
    var tallies = Tallies()
    /// Of the last look.
    var step: Int?
    /// Of the step that was last found due; nil if the last step asked about is left out.
    var plan: LookPlan?

    // Under `calls` alone.
    var spending: AlphaSpending?
    var lateTensors = 0
    var planner = LookPlanner()
    /// The look that is being read while the caller goes on.
    var pending: PendingLook?
    /// Tensors of a resumed run that have not been registered again yet, and its groups.
    var awaited: Set<Int> = []
    var awaitedGroups: Set<Int> = []
    var groups: [TensorGroup] = []

    let writing: RunWriting?
    /// What a resumed run had had before; nil for one that began here.
    let history: RunHistory?
    let readers: Readers
    let background = Background()

    package init(_ options: SessionOptions) throws(SessionError) {
        try Self.check(options)
        try ScratchPool.shared.reserve()
        var options = options
        var file: (writer: RunWriter, history: RunHistory?)?
        if let path = options.path {
            do throws(RunFileError) {
                file = try Self.open(path, options)
            } catch {
                throw SessionError(error)
            }
        }
        history = file?.history
        // The run's chance of a false alarm is spent on all of it.
        if let alpha = history?.facts["alpha"].flatMap({ Double($0) }) { options.alpha = alpha }
        // The same elements are followed all through a run.
        if let paths = history?.facts["paths"].flatMap({ Int($0) }), (0...Self.mostPaths).contains(paths) {
            options.paths = paths
        }
        if let seed = history?.facts["seed"].flatMap({ UInt64($0) }) { options.seed = seed }
        self.options = options
        readers = Readers(count: options.threads)
        budget = Budget(share: options.budget, alwaysUntil: options.alwaysUntil, now: Clock.monotonic())
        writing = try file.map { (file) throws(SessionError) in try RunWriting(file.writer, maximumSize: options.maximumSize) }
        if let history { restore(history) }
    }

    private static func open(
        _ path: String, _ options: SessionOptions
    ) throws(RunFileError) -> (writer: RunWriter, history: RunHistory?) {
        if options.resumes && freeSibling(of: path) != path {
            return try RunWriter.resume(path, maximumSize: options.maximumSize, sketchError: options.sketchError)
        }
        let writer = try RunWriter.create(
            atOrBeside: path, facts: facts(of: options), maximumSize: options.maximumSize, sketchError: options.sketchError)
        return (writer, nil)
    }

    /// The path the run file really has; nil without one.
    package var path: String? {
        get throws(SessionError) {
            try query { () throws(SessionError) in writing?.path }
        }
    }

    /// Ends the run. Queries and calls that come later get `handle`.
    package func close() throws(SessionError) {
        try refuseInChild()
        try calls.withLock { () throws(SessionError) in
            if isClosed { return }
            finishPending(since: Clock.monotonic())
            publishPendingGroups(before: .max)
            appendLastSketches()
            appendLastPaths()
            for (key, value) in closingFacts() { writing?.append(.fact(key: key, value: value)) }
            lock.withLock { isClosed = true }
            background.close()
            readers.close()
            try writing?.close()
        }
    }

    /// Throws in a child process of the one that opened the session.
    package func refuseInChild() throws(SessionError) {
        try refuseUse(of: "session", ownedBy: owner)
    }

    /// Runs a call that changes the session: one at a time, never in a child process, not after `close`.
    func change<Result>(_ body: () throws(SessionError) -> Result) throws(SessionError) -> Result {
        try refuseInChild()
        return try calls.withLock { () throws(SessionError) -> Result in
            try refuseIfClosed()
            return try body()
        }
    }

    /// Runs a query: at any time, beside a call that changes the session.
    func query<Result>(_ body: () throws(SessionError) -> Result) throws(SessionError) -> Result {
        try refuseInChild()
        return try lock.withLock { () throws(SessionError) -> Result in
            try refuseIfClosed()
            return try body()
        }
    }

    private func refuseIfClosed() throws(SessionError) {
        if isClosed { throw SessionError(.handle, "The session is closed.") }
    }

    private static func check(_ options: SessionOptions) throws(SessionError) {
        if !(options.alpha > 0 && options.alpha < 1) {
            throw SessionError(.argument, "alpha is \(options.alpha), but must lie between 0 and 1, for example 0.01.")
        }
        if !(options.budget >= 0 && options.budget <= 1) {
            throw SessionError(
                .argument, "budget is \(options.budget), but must be a share of wall time from 0 (no limit) to 1.")
        }
        try checkExactLimit(options.exactLimit)
        if options.maximumSize != 0 && options.maximumSize < smallestMaximumSize {
            throw SessionError(
                .argument, "max_size is \(options.maximumSize) bytes, but must be 0 (no limit) or at least \(smallestMaximumSize).")
        }
        if !(options.sketchError >= 1 / 257 && options.sketchError <= 1 / 8) {
            throw SessionError(
                .argument,
                "sketch_error is \(options.sketchError), but must be a relative error from 1/256 to 1/8, for example 1/64.")
        }
        if !(0...mostPaths).contains(options.paths) {
            throw SessionError(
                .argument, "paths is \(options.paths) elements of each tensor, but must be from 0 (none) to \(mostPaths).")
        }
        if options.threads < 0 || options.threads > 256 {
            throw SessionError(.argument, "threads is \(options.threads), but must be from 1 to 256, or 0 for the default.")
        }
        if options.path?.isEmpty == true {
            throw SessionError(.argument, "The path of the run file is empty: give a path, or none to keep no file.")
        }
    }

    /// The most elements of a tensor that can be followed.
    private static let mostPaths = 1 << 16

    private static func facts(of options: SessionOptions) -> [String: String] {
        [
            "alpha": "\(options.alpha)",
            "budget": "\(options.budget)",
            "exact_limit": "\(options.exactLimit)",
            "always_until": "\(options.alwaysUntil)",
            "max_size": "\(options.maximumSize)",
            "sketch_error": "\(options.sketchError)",
            "sketches_kept": SketchCadence.policy,
            "paths": "\(options.paths)",
            "seed": "\(options.seed)",
            "library_version": libraryVersion,
            "pid": "\(getpid())",
            "finished": "no",
        ]
    }
}

/// The library's version, as the header has it.
package let libraryVersion = "0.1.0"

/// A run file below this has no room for what must stay.
private let smallestMaximumSize = 1 << 20
