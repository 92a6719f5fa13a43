"""Which branch of one look goes on as which of the next."""

from __future__ import annotations

from typing import Iterator, Sequence

from ..modes import Branch


def links(before: Sequence[Branch], after: Sequence[Branch]) -> Iterator[tuple[Branch, Branch]]:
    """Pairs of a branch and what it becomes: side by side while their number stays, else by whose interval a position is in.

    Every branch of the look with more of them is in one pair.
    """
    if len(before) == len(after):
        yield from zip(before, after)
    elif len(before) < len(after):
        for child in after:
            yield _home(child.position, before), child
    else:
        for parent in before:
            yield parent, _home(parent.position, after)


def _home(position: float, branches: Sequence[Branch]) -> Branch:
    """The branch whose interval holds a position, or comes closest to it."""
    return min(branches, key=lambda b: max(b.lower - position, position - b.upper, 0.0))
