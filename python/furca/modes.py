"""The shape of a distribution: its modes and the single values that stand out."""

from __future__ import annotations

from dataclasses import dataclass

from . import _abi


@dataclass(frozen=True)
class Branch:
    """One mode: the values between two antimodes."""

    position: float
    """The median of the branch."""
    mass: float
    """Its share of the finite values, 0 to 1."""
    lower: float
    """The antimode below it, or the smallest value."""
    upper: float
    """The antimode above it, or the largest value."""
    name: int = 0
    """The same for as long as the branch lives: 0 for the trunk, and the heaviest child keeps its parent's. 0 in a sketch."""

    @classmethod
    def _of(cls, found: _abi.Branch) -> Branch:
        return cls(found.position, found.mass, found.lower, found.upper)


@dataclass(frozen=True)
class Atom:
    """A single value that holds far more of the elements than its neighbourhood: exact zeros, a clip limit.

    Where single values are not kept, a pile at the smallest or largest value that is narrower than 1/128 of it cannot be told from
    equal values, and counts as one.
    """

    value: float
    mass: float
    """The excess over the neighbourhood, as a share of the finite values."""

    @classmethod
    def _of(cls, found: _abi.Atom) -> Atom:
        return cls(found.value, found.mass)


@dataclass(frozen=True)
class Modes:
    """What the tests of unimodality say at the significance asked for."""

    count: int
    """1 unless unimodality is rejected."""
    dip: float
    """Hartigan's dip of the values as they are: the largest distance to the closest unimodal CDF."""
    dip_tested: float
    """The dip after lattice values were spread over their cells and atoms taken out; `p_value` follows from it."""
    p_value: float
    """Of the whole procedure, an upper bound; at most alpha exactly when `count` > 1."""
    branches: tuple[Branch, ...]
    """Ascending."""
    atoms: tuple[Atom, ...]
    """What was taken out before the tests, ascending."""
