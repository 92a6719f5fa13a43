"""What happens to a tensor's distribution in the course of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .modes import Branch

KINDS = {
    1: "split",
    2: "established",
    3: "merge",
    4: "nonfinite",
    5: "birth",
    6: "death",
    7: "release",
    8: "frozen",
    9: "turn",
    10: "drift",
}
LABELS = {0: None, 1: "optimizer", 2: "learned", 3: "lattice", 4: "pruned"}
STRUCTURES = {0: None, 1: "rows", 2: "columns", 3: "elements"}


class Onset(NamedTuple):
    """When it happened, as closely as the looks can tell: after step `after`, and no later than step `by`."""

    after: int | None
    """None if the tensor was never seen otherwise."""
    by: int


@dataclass(frozen=True)
class ForkEvent:
    """A fork, or what becomes of one. Its `str()` is a line for a person."""

    step: int
    """The look at which it was seen."""
    onset: Onset
    tensor: str
    kind: str
    """"split" (more modes than before), "birth" (a minor branch, of less than 2 %, has left the others), "merge" (fewer modes
    than before), "death" (a minor branch is gone), "established" (a split that the optimiser made has lasted), "release" (a
    constant tensor is no longer constant), "frozen" (no value has changed for long), "turn" (the fork of a matrix runs along another axis than
    before), "drift" (another process's copy has come to differ, in data-parallel training) or "nonfinite" (the first NaN or
    infinity)."""
    label: str | None
    """Where a split comes from: "optimizer" (the arithmetic of its first steps), "learned", "lattice" (evenly spaced
    values), "pruned" (a gap about an atom at zero), or None."""
    branches: tuple[Branch, ...]
    """Ascending, as they are at `step`."""
    dip: float
    """The dip tested at that look."""
    p_value: float
    text: str
    structure: str | None = None
    """Along which axis of a matrix the fork runs: "rows" (the first axis against all others), "columns" or "elements"
    (neither); None if that was not looked at."""
    lines: tuple[int, ...] = ()
    """The rows or columns that stand apart, ascending."""

    def __str__(self) -> str:
        return self.text
