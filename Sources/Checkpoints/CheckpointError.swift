/// Why a checkpoint cannot be read, as a sentence for a person that begins with the file's path.
package struct CheckpointError: Error, Equatable {
    package enum Kind: Sendable {
        /// The system refused, or the file became shorter while it was read.
        case io
        /// Not a safetensors file, or a damaged or hostile one.
        case format
        /// No checkpoint there, none of a known layout, or no step in its name.
        case layout
    }

    package var kind: Kind
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

extension CheckpointError: CustomStringConvertible {
    package var description: String { message }
}
