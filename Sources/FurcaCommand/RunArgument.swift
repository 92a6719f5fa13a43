import ArgumentParser
import RunFile

/// The run file that a command reads.
struct RunArgument: ParsableArguments {
    @Argument(help: "The run file.", completion: .file(extensions: ["furca"]))
    var run: String

    func open() throws -> RunReader { try RunReader(path: run) }
}

/// The tensors that a command is about.
struct TensorPattern {
    let text: String

    /// The tensors of a run that are meant: the one of that name, or else those that match a pattern with * and ?.
    func matches(in run: RunReader, path: String) throws -> [RunTensor] {
        let tensors = try run.tensors()
        if let one = tensors.first(where: { $0.name == text }) { return [one] }
        let pattern = Array(text.unicodeScalars)
        let found = tensors.filter { Self.matches(Array($0.name.unicodeScalars)[...], pattern[...]) }
        if found.isEmpty {
            throw Failure("\(path) has no tensor \"\(text)\". It has \(tensors.count): furca stats \(path) lists them.")
        }
        return found
    }

    private static func matches(_ name: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
        var name = name
        var pattern = pattern
        // Where to go on from if a star must take in one more.
        var retry: (name: ArraySlice<Unicode.Scalar>, pattern: ArraySlice<Unicode.Scalar>)?
        while true {
            if pattern.first == "*" {
                pattern = pattern.dropFirst()
                retry = (name, pattern)
            } else if let first = name.first, pattern.first == "?" || pattern.first == first {
                name = name.dropFirst()
                pattern = pattern.dropFirst()
            } else if name.isEmpty && pattern.isEmpty {
                return true
            } else if let last = retry, !last.name.isEmpty {
                retry = (last.name.dropFirst(), last.pattern)
                name = last.name.dropFirst()
                pattern = last.pattern
            } else {
                return false
            }
        }
    }
}

/// A stretch of steps.
struct StepRange: ParsableArguments {
    @Option(help: "From this step on.")
    var from: Int?

    @Option(help: "Up to this step, itself included.")
    var to: Int?

    var range: ClosedRange<Int>? {
        from == nil && to == nil ? nil : (from ?? 0)...(to ?? .max)
    }

    func validate() throws {
        if let from, let to, from > to { throw ValidationError("--from \(from) comes after --to \(to).") }
    }
}
