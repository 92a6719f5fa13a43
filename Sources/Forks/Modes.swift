/// One mode of a distribution: the values between two antimodes.
package struct Branch: Sendable, Equatable {
    /// The median of the branch.
    package var position: Double
    /// Its share of the finite values, 0 to 1.
    package var mass: Double
    /// The antimode below, or the smallest value.
    package var lower: Double
    /// The antimode above, or the largest value.
    package var upper: Double
    /// The same for as long as the branch lives, 0 for the trunk: see `Lineage`. A look by itself calls all of them 0.
    package var name = 0

    package init(position: Double, mass: Double, lower: Double, upper: Double) {
        self.position = position
        self.mass = mass
        self.lower = lower
        self.upper = upper
    }
}

/// A single value that holds far more of the elements than its neighbourhood.
///
/// Of values that are known by their codes alone it is a bin: a pile at the smallest or largest value that is narrower than its bin, up
/// to 1/128 of the value, cannot be told from equal values.
package struct Atom: Sendable, Equatable {
    package var value: Double
    /// The excess over the neighbourhood, as a share of the finite values.
    package var mass: Double

    package init(value: Double, mass: Double) {
        self.value = value
        self.mass = mass
    }
}

/// The shape of one distribution, as one look shows it.
package struct Modes: Sendable, Equatable {
    /// Ascending; exactly one unless unimodality is rejected; empty without finite values.
    package var branches: [Branch]
    package var atoms: [Atom]
    /// Hartigan's dip of the values as they are.
    package var dip: Double
    /// The dip after lattice values were spread over their cells and the excess of atoms taken out.
    package var dipTested: Double
    /// Of the whole procedure, an upper bound. At most the alpha asked for exactly when there is more than one branch.
    package var pValue: Double

    package init(branches: [Branch], atoms: [Atom], dip: Double, dipTested: Double, pValue: Double) {
        self.branches = branches
        self.atoms = atoms
        self.dip = dip
        self.dipTested = dipTested
        self.pValue = pValue
    }
}
