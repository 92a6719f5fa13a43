import Forks
import Sketches

/// Looks, what they saw of each tensor, and the forks found in them.
extension RunWriter {
    func write(_ look: LookRecord, with statements: WriterStatements) throws(RunFileError) {
        numbering.looks += 1
        try statements.look.run([
            .integer(numbering.looks), .integer(look.step), .real(look.time), .real(look.seconds),
        ])
        for tensor in look.tensors {
            guard let name = numbering.tensors[tensor.tensor] else {
                throw RunFileError(
                    kind: .misuse,
                    message: "step \(look.step) has a look at tensor \(tensor.tensor), unknown to the run file '\(path)'")
            }
            try writeStatistics(of: tensor, step: look.step, with: statements)
            // A look with an event shows how the branches became what they are, the merged one of a merge included.
            if tensor.branches.count >= 2 || !tensor.events.isEmpty {
                try writeBranches(of: tensor, step: look.step, with: statements)
            }
            for event in tensor.events { try write(event, of: tensor.tensor, called: name, with: statements) }
        }
    }

    private func writeStatistics(
        of look: TensorLook, step: Int, with statements: WriterStatements
    ) throws(RunFileError) {
        let sketch = look.sketch
        var sketchID: Int?
        if look.keepsSketch {
            numbering.sketches += 1
            sketchID = numbering.sketches
            try statements.sketch.run([.integer(numbering.sketches), .blob(sketch.serialized())])
        }
        let moments = sketch.moments
        try statements.observation.run([
            .integer(look.tensor), .integer(step), .integer(numbering.looks),
            .count(sketch.count), .count(sketch.nan), .count(sketch.positiveInfinity),
            .count(sketch.negativeInfinity), .count(sketch.zeros), .count(sketch.subnormals),
            .real(sketch.min), .real(sketch.max), .real(moments.mean), .real(moments.standardDeviation),
            .real(moments.skewness), .real(moments.excessKurtosis), .real(sketch.l1), .real(sketch.l2),
            .real(look.modes.dip), .real(look.modes.dipTested), .real(look.modes.pValue),
            .integer(look.modes.branches.count), .integer(sketchID),
        ])
    }

    private func writeBranches(
        of look: TensorLook, step: Int, with statements: WriterStatements
    ) throws(RunFileError) {
        for (index, branch) in look.branches.enumerated() {
            try statements.branch.run(
                [.integer(look.tensor), .integer(step), .integer(numbering.looks), .integer(index)] + branch.values)
        }
    }

    private func write(
        _ event: ForkEvent, of tensor: Int, called name: String, with statements: WriterStatements
    ) throws(RunFileError) {
        numbering.events += 1
        try statements.event.run([
            .integer(numbering.events), .integer(numbering.looks), .integer(tensor), .text(event.kind.stored),
            .text(event.label.stored), .integer(event.onsetAfter), .integer(event.onsetBy), .real(event.dip),
            .real(event.pValue), .integer(event.branches.count), .text(event.text(tensor: name)),
        ])
        for (index, branch) in event.branches.enumerated() {
            try statements.eventBranch.run([.integer(numbering.events), .integer(index)] + branch.values)
        }
    }
}

extension Branch {
    /// The columns position, mass, lower, upper.
    fileprivate var values: [SQLValue] { [.real(position), .real(mass), .real(lower), .real(upper)] }
}

extension ForkEvent.Kind {
    /// The word for it in a run file; it never changes.
    fileprivate var stored: String {
        switch self {
        case .split: "split"
        case .established: "established"
        case .merge: "merge"
        case .nonfinite: "nonfinite"
        }
    }
}

extension ForkEvent.Label {
    /// The word for it in a run file; it never changes.
    fileprivate var stored: String {
        switch self {
        case .none: "none"
        case .optimizer: "optimizer"
        case .learned: "learned"
        case .lattice: "lattice"
        }
    }
}
