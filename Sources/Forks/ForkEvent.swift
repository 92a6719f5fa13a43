/// Something that happened to one tensor's distribution.
package struct ForkEvent: Sendable, Equatable {
    /// Raw values are those of the C header.
    package enum Kind: UInt32, Sendable {
        /// The distribution has more modes than before.
        case split = 1
        /// A split that the optimiser made has lasted: it is learned.
        case established = 2
        /// It has fewer modes than before.
        case merge = 3
        /// The first NaN or infinity.
        case nonfinite = 4
        /// A branch of less than `ForkTracker.minorMass` has left the others.
        case birth = 5
        /// Such a branch is gone.
        case death = 6
        /// A constant tensor is no longer constant, and has one mode.
        case release = 7
        /// No value has changed for long, though some did before.
        case frozen = 8
        /// The fork runs along another axis than before.
        case turn = 9
        /// Another process's copy of the tensor has come to differ.
        case drift = 10
    }

    /// Where a split comes from. Raw values are those of the C header.
    package enum Label: UInt32, Sendable {
        case none = 0
        /// The arithmetic of the optimiser's first steps.
        case optimizer = 1
        case learned = 2
        /// Evenly spaced values, as sign-type optimisers or quantisation leave them.
        case lattice = 3
        /// A gap about an atom at zero, as magnitude pruning leaves it.
        case pruned = 4
    }

    package var kind: Kind
    package var label: Label
    /// The look at which it was seen.
    package var step: Int
    /// It happened after this step (nil: the tensor was never seen otherwise): for a fork the last look that was surely of one
    /// mode (if none was, the first that was not forked), for a merge the last at which all branches were significant, else the
    /// look before …
    package var onsetAfter: Int?
    /// … and no later than this one.
    package var onsetBy: Int
    package var dip: Double
    package var pValue: Double
    /// Ascending, as they are at `step`.
    package var branches: [Branch]
    /// Along which axis the fork runs, as far as it was looked at.
    package var structure: Structure
    /// Of a drift that this process has seen: where the other copy is.
    package var drift: Drift?

    /// A process whose copy of a tensor differs.
    package struct Drift: Sendable, Equatable {
        package var process: Int
        /// How many more of its tensors differ.
        package var others: Int

        package init(process: Int, others: Int) {
            self.process = process
            self.others = others
        }
    }

    package init(
        kind: Kind, label: Label, step: Int, onsetAfter: Int?, onsetBy: Int, dip: Double, pValue: Double,
        branches: [Branch], structure: Structure = Structure(), drift: Drift? = nil
    ) {
        self.kind = kind
        self.label = label
        self.step = step
        self.onsetAfter = onsetAfter
        self.onsetBy = onsetBy
        self.dip = dip
        self.pValue = pValue
        self.branches = branches
        self.structure = structure
        self.drift = drift
    }
}
