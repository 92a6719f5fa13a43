import Forks
import Sketches

/// Looks, what they saw of each tensor, and the forks found in them.
extension RunWriter {
    func write(_ look: LookRecord, with statements: WriterStatements) throws(RunFileError) {
        numbering.looks += 1
        try statements.look.run([
            .integer(numbering.looks), .integer(look.step), .real(look.time), .real(look.seconds),
            .real(look.overlapped), .integer(look.tensors.count), .integer(look.offered),
        ])
        for tensor in look.tensors + look.groups {
            guard let name = numbering.tensors[tensor.tensor] else {
                throw RunFileError(
                    kind: .misuse,
                    message: "Step \(look.step) has a look at tensor \(tensor.tensor), which the run file \(path) does not know.")
            }
            try writeStatistics(of: tensor, step: look.step, with: statements)
            if let path = tensor.path {
                try write(path, of: tensor.tensor, step: look.step, look: numbering.looks, with: statements)
            }
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
        if look.keepsSketch { try write(sketch, with: statements) }
        let moments = sketch.moments
        try statements.observation.run([
            .integer(look.tensor), .integer(step), .integer(numbering.looks),
            .count(sketch.count), .count(sketch.nan), .count(sketch.positiveInfinity),
            .count(sketch.negativeInfinity), .count(sketch.zeros), .count(sketch.subnormals),
            .real(sketch.min), .real(sketch.max),
            .real(sketch.finiteCount == 0 ? .nan : moments.mean), .real(moments.standardDeviation),
            .real(moments.skewness), .real(moments.excessKurtosis), .real(look.l1), .real(look.l2),
            .real(look.modes?.dip ?? .nan), .real(look.modes?.dipTested ?? .nan), .real(look.modes?.pValue ?? .nan),
            look.modes.map { .integer($0.branches.count) } ?? .null, look.keepsSketch ? .integer(numbering.sketches) : .null,
            .real(look.sample?.share ?? 1), .real(look.sample?.meanError ?? 0),
            .real(look.sample?.standardDeviationError ?? 0), .real(look.sample?.kurtosisError ?? 0),
        ])
    }

    /// Numbers a sketch and writes it.
    private func write(_ sketch: Sketch, with statements: WriterStatements) throws(RunFileError) {
        numbering.sketches += 1
        try statements.sketch.run([.integer(numbering.sketches), .blob(sketch.coarsened(to: sketchError).serialized())])
    }

    /// Adds the sketch to a look that was written without. Does nothing if the look has its sketch, or is not in the file.
    func add(_ sketch: Sketch, of tensor: Int, step: Int, with statements: WriterStatements) throws(RunFileError) {
        guard let look = try statements.lookWithoutSketch.integer(for: [.integer(tensor), .integer(step)]) else { return }
        try write(sketch, with: statements)
        try statements.addSketch.run([
            .integer(numbering.sketches), .integer(tensor), .integer(step), .integer(look),
        ])
    }

    /// What a resumed run goes on from: of each tensor as its last look in the batch has left it.
    func writeProgress(of records: [RunRecord], with statements: WriterStatements) throws(RunFileError) {
        var last: [Int: (step: Int, progress: TensorProgress)] = [:]
        for case .look(let look) in records {
            for tensor in look.tensors + look.groups {
                if let progress = tensor.progress { last[tensor.tensor] = (look.step, progress) }
            }
        }
        for (tensor, (step, progress)) in last {
            try statements.progress.run([
                .integer(tensor), .integer(progress.looks), .integer(progress.late), .integer(step),
                progress.origin.map { .real($0) } ?? .null, .integer(progress.significant),
                .integer(progress.pointMass), .integer(progress.quiet),
            ])
        }
    }

    private func writeBranches(
        of look: TensorLook, step: Int, with statements: WriterStatements
    ) throws(RunFileError) {
        for (index, branch) in look.branches.enumerated() {
            try statements.branch.run(
                [.integer(look.tensor), .integer(step), .integer(numbering.looks), .integer(index)] + branch.values)
        }
    }

    func write(
        _ event: ForkEvent, of tensor: Int, called name: String, with statements: WriterStatements
    ) throws(RunFileError) {
        numbering.events += 1
        try statements.event.run([
            .integer(numbering.events), .integer(numbering.looks), .integer(tensor), .text(event.kind.stored),
            .text(event.label.stored), .integer(event.onsetAfter), .integer(event.onsetBy), .real(event.dip),
            .real(event.pValue), .integer(event.branches.count), .text(event.text(tensor: name)),
            event.structure.stored.map(SQLValue.text) ?? .null, event.structure.storedLines.map(SQLValue.text) ?? .null,
        ])
        for (index, branch) in event.branches.enumerated() {
            try statements.eventBranch.run([.integer(numbering.events), .integer(index)] + branch.values)
        }
    }
}

extension Branch {
    /// The columns position, mass, lower, upper, name.
    fileprivate var values: [SQLValue] { [.real(position), .real(mass), .real(lower), .real(upper), .integer(name)] }
}
