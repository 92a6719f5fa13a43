/// Something that happened to one tensor's distribution.
package struct ForkEvent: Sendable, Equatable {
    /// Raw values are those of the C header.
    package enum Kind: UInt32, Sendable {
        case split = 1
        case established = 2
        case merge = 3
        case nonfinite = 4
    }

    /// Where a split comes from. Raw values are those of the C header.
    package enum Label: UInt32, Sendable {
        case none = 0
        case optimizer = 1
        case learned = 2
        case lattice = 3
    }

    package var kind: Kind
    package var label: Label
    /// The look at which it was seen.
    package var step: Int
    /// It happened after this step (nil: the tensor was never seen otherwise) …
    package var onsetAfter: Int?
    /// … and no later than this one.
    package var onsetBy: Int
    package var dip: Double
    package var pValue: Double
    /// Ascending, as they are at `step`.
    package var branches: [Branch]

    package init(
        kind: Kind, label: Label, step: Int, onsetAfter: Int?, onsetBy: Int, dip: Double, pValue: Double,
        branches: [Branch]
    ) {
        self.kind = kind
        self.label = label
        self.step = step
        self.onsetAfter = onsetAfter
        self.onsetBy = onsetBy
        self.dip = dip
        self.pValue = pValue
        self.branches = branches
    }
}
