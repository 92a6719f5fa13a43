import Glibc
import RunFile

/// Why a call was refused.
package struct SessionError: Error {
    /// Raw values are those of `furca_status`.
    package enum Kind: Int32, Sendable {
        case argument = 1
        case handle = 2
        case unknown = 3
        case duplicate = 4
        case type = 5
        case shape = 6
        case step = 7
        case empty = 8
        case io = 9
        case format = 10
        case version = 11
        case sql = 12
        case forked = 13
        case merge = 14
        case capacity = 15
        case busy = 16
    }

    package let kind: Kind
    /// A sentence for a person: which tensor, which value, what to do.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

extension SessionError {
    package init(_ error: RunFileError) {
        let kind: Kind =
            switch error.kind {
            case .io: .io
            case .format: .format
            case .newerVersion: .version
            case .sql: .sql
            case .misuse: .argument
            }
        self.init(kind, error.message)
    }
}

/// Throws if this process is a child of the one that made the object: the threads and locks of the parent are not here.
func refuseUse(of what: StaticString, ownedBy owner: pid_t) throws(SessionError) {
    if getpid() != owner {
        throw SessionError(
            .forked,
            "This \(what) belongs to process \(owner) and cannot be used in its child \(getpid()): "
                + "make a new one here, or use it in the parent only.")
    }
}
