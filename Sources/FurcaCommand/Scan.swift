import ArgumentParser
import Checkpoints
import Glibc
import RunFile
import Session

struct Scan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a run file out of a series of checkpoints, as if the run had been watched at their steps.",
        discussion: """
            A checkpoint is a .safetensors file, the index of a sharded one, or a directory with either, as the Hugging Face hub has \
            it. A directory of checkpoints (step0/, step1000/, … or step000123.safetensors, …) stands for all of them, and so does \
            a directory of the hub's cache (models--OWNER--NAME). Steps are taken from the names: step1000, checkpoint-1000.

            If RUN is a scan that was stopped, or there are more checkpoints now, it goes on where it ended.
            """)

    @Argument(help: "Checkpoints, or directories of checkpoints.", completion: .file())
    var checkpoints: [String]

    @Option(name: .customLong("run"), help: "The run file to write.", completion: .file(extensions: ["furca"]))
    var path: String

    @Option(help: "The steps of the checkpoints in the order given, separated by commas, instead of those in their names.")
    var steps: String?

    @Option(help: "Chance that the whole run reports any fork that is not there.")
    var alpha = 0.01

    @Option(help: "Tensors of up to so many elements are kept exactly.")
    var exactLimit = 4096

    @Option(help: "Relative error of quantiles of the sketches in the run file, 1/256 to 1/8.")
    var sketchError = 1.0 / 64

    @Option(help: "What the run file stays below, by thinning old looks: bytes, or 512M, 2G, …; at least 1M. 0: no limit.")
    var maxSize = ByteCount(1 << 30)

    @Option(help: "Threads that read. 0: one for each processor, at most four.")
    var threads = 0

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    func validate() throws { _ = try givenSteps() }

    private func givenSteps() throws -> [Int]? {
        try steps?.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let step = Int(word), step >= 0 else { throw ValidationError("--steps: \"\(word)\" is not a step.") }
            return step
        }
    }

    func run() throws {
        let series = try CheckpointSeries(paths: checkpoints, steps: givenSteps())
        let done = try scannedSteps()
        var options = options
        options.resumes = !done.isEmpty
        let session = try Session(options)
        Interruption.watch()
        var failure: (any Error)?
        do {
            try session.noteSource(series)
            try look(at: try left(of: series, done, session), session)
            try session.flush()
        } catch {
            failure = error
        }
        let report = try session.report
        let written = try session.path ?? path
        try session.close()
        if !quiet { print(report) }
        if let failure {
            throw failure
        }
        if Interruption.hasCome {
            throw Failure("Interrupted. What was read is in \(written); the same command goes on from there.", status: 130)
        }
    }

    /// The steps of the scan that is at the path; none if nothing is, or another run.
    private func scannedSteps() throws -> Set<Int> {
        guard access(path, F_OK) == 0 else { return [] }
        let before = try RunReader(path: path)
        guard try before.facts()["source"] == checkpointSource else { return [] }
        return Set(try before.rows(of: .cost).rows.compactMap { $0[0].int })
    }

    /// The checkpoints that a scan which was stopped has still to look at.
    private func left(
        of series: CheckpointSeries, _ done: Set<Int>, _ session: Session
    ) throws -> [CheckpointSeries.Entry] {
        let last = done.max() ?? -1
        for entry in series.entries where entry.step <= last && !done.contains(entry.step) {
            try session.addGap(
                name: entry.location.path,
                reason: "it was not there when step \(last) was scanned, and steps go up: scan anew")
        }
        return series.entries.filter { $0.step > last }
    }

    private var options: SessionOptions {
        var options = SessionOptions()
        options.path = path
        options.alpha = alpha
        options.exactLimit = exactLimit
        options.threads = threads
        options.sketchError = sketchError
        options.maximumSize = maxSize.bytes
        options.budget = 0
        return options
    }

    private func look(at entries: [CheckpointSeries.Entry], _ session: Session) throws {
        let bar = ProgressBar(total: entries.count)
        defer { if !quiet { bar.clear() } }
        for (number, entry) in entries.enumerated() where !Interruption.hasCome {
            if !quiet { bar.show(number, "step \(entry.step)") }
            try session.observe(step: entry.step, entry.checkpoint())
        }
    }
}
