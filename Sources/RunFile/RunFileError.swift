/// Why a run file could not be made, written, opened or read.
package struct RunFileError: Error, Equatable {
    package enum Kind: Sendable {
        /// The system refused: no such file, no permission, no space, locked by another program.
        case io
        /// Not a run file, or a damaged one.
        case format
        /// A run file of a later format than this library knows.
        case newerVersion
        /// SQLite refused a statement.
        case sql
        /// A call that can never work: a closed writer, the wrong number of parameters.
        case misuse
    }

    package var kind: Kind
    /// A sentence for a person, with the path and the system's or SQLite's own words.
    package var message: String
    let cause: Cause

    /// What lies behind it.
    enum Cause: Equatable, Sendable {
        /// The call itself.
        case call
        /// SQLite's primary result code.
        case sqlite(Int32)
        /// The name of the file to be made is taken.
        case nameTaken
    }

    package init(kind: Kind, message: String) {
        self.init(kind: kind, message: message, cause: .call)
    }

    init(kind: Kind, message: String, cause: Cause) {
        self.kind = kind
        self.message = message
        self.cause = cause
    }
}

extension RunFileError: CustomStringConvertible {
    package var description: String { message }
}
