import Forks

extension ForkEvent.Kind {
    /// The word for it in a run file; it never changes.
    var stored: String {
        switch self {
        case .split: "split"
        case .established: "established"
        case .merge: "merge"
        case .nonfinite: "nonfinite"
        case .birth: "birth"
        case .death: "death"
        case .release: "release"
        case .frozen: "frozen"
        }
    }

    static let byStored = Dictionary(uniqueKeysWithValues: (1...).lazy.prefix(64).compactMap { Self(rawValue: $0) }.map { ($0.stored, $0) })
}

extension ForkEvent.Label {
    /// The word for it in a run file; it never changes.
    var stored: String {
        switch self {
        case .none: "none"
        case .optimizer: "optimizer"
        case .learned: "learned"
        case .lattice: "lattice"
        case .pruned: "pruned"
        }
    }

    static let byStored = Dictionary(uniqueKeysWithValues: (0...).lazy.prefix(64).compactMap { Self(rawValue: $0) }.map { ($0.stored, $0) })
}
