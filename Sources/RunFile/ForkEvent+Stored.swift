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
        case .turn: "turn"
        case .drift: "drift"
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

extension Structure {
    /// The word for its axis in a run file; it never changes. nil if it was not looked at.
    var stored: String? {
        switch axis {
        case .none: nil
        case .rows: "rows"
        case .columns: "columns"
        case .elements: "elements"
        }
    }

    /// The lines as a JSON array; nil if the axis has none.
    var storedLines: String? {
        axis == .rows || axis == .columns ? "[" + lines.map(String.init).joined(separator: ",") + "]" : nil
    }

    /// What was stored; how many lines there are in all is known from the tensor's shape.
    init(stored axis: String, lines: String, of shape: [Int]) {
        let lines = lines.dropFirst().dropLast().split(separator: ",").compactMap { Int($0) }
        let rows = shape.first ?? 0
        switch axis {
        case "rows": self.init(axis: .rows, lines: lines, lineCount: rows)
        case "columns":
            self.init(axis: .columns, lines: lines, lineCount: rows > 0 ? shape.reduce(1, *) / rows : 0)
        case "elements": self.init(axis: .elements)
        default: self.init()
        }
    }
}
