import Glibc

/// Subcommands of other programs: `furca plot` runs `furca-plot` from the PATH.
enum External {
    /// Becomes that program if the first argument is no option, is not known, and such a program exists; otherwise returns.
    static func runIfUnknown(_ arguments: [String], known: [String]) {
        guard let name = arguments.first, !name.hasPrefix("-"), !name.contains("/"), !known.contains(name) else { return }
        let program = "furca-\(name)"
        var words = ([program] + arguments.dropFirst()).map { strdup($0) }
        words.append(nil)
        execvp(program, words)
        for word in words { free(word) }
        // It is there, but would not run: the words of the parser that follow would mislead.
        if errno != ENOENT && errno != ENOTDIR && errno != EACCES {
            writeToStandardError("furca: \(program) could not be run: \(String(cString: strerror(errno))).\n")
            exit(126)
        }
    }
}
