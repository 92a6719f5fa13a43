import ArgumentParser
import Checkpoints
import Glibc
import RunFile
import Session

/// The command line of Furca.
@main struct Furca: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "furca",
        abstract: "Watch how the parameters of a neural network are distributed while it trains, and where they fork.",
        discussion: """
            RUN is a run file (.furca), of a run that is going on or of one that is over: reading never holds up its writer.

              furca scan checkpoints/ --run a.furca    a run file out of checkpoints
              furca info a.furca                       what is in it
              furca top a.furca                        watch it live
              furca forks a.furca                      what forked, when, and why
              furca stats a.furca lnf.bias             one tensor over the steps
              furca compare a.furca b.furca            where two runs part

            Exit status: 0 success, 1 failure, 64 wrong usage. Any other word runs furca-WORD from the PATH.
            """,
        version: libraryVersion,
        subcommands: [
            Info.self, Stats.self, Quantiles.self, Forks.self, Top.self, Export.self, Compare.self, Scan.self,
        ])

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        External.runIfUnknown(arguments, known: configuration.subcommands.map { $0._commandName } + ["help"])
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
            // What was printed may wait until now, and not fit on a full disk.
            if fflush(nil) != 0 { throw Failure("Standard output cannot be written: \(String(cString: strerror(errno))).") }
        } catch {
            guard let failure = Failure(error) else { exit(withError: error) }
            fflush(nil)
            writeToStandardError("furca: \(failure.message)\n")
            Glibc.exit(failure.status)
        }
    }
}

/// Why a command could not do what it was asked to.
struct Failure: Error {
    var message: String
    var status: Int32 = 1

    init(_ message: String, status: Int32 = 1) {
        self.message = message
        self.status = status
    }

    /// The modules' errors are sentences; nil for those of the parser, which it shows itself.
    init?(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as RunFileError: self.init(error.message)
        case let error as SessionError: self.init(error.message)
        case let error as CheckpointError: self.init(error.message)
        default: return nil
        }
    }
}
