"""Which branch of a tensor sprang from which, when, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Sequence

from .events import ForkEvent, Onset
from .modes import Branch

#: Of more children than this a printed tree shows the first and the last.
_SHOWN = 12


@dataclass(frozen=True)
class TreeBranch:
    """A branch over its whole life."""

    name: int
    """0 for the trunk; as in `Branch.name`."""
    parent: int | None
    """The name of the branch it split off from; None for the trunk, and for what was there at the first look."""
    start: int | None
    """The step at which it was first seen apart; for the trunk the first look, None if that is not known."""
    onset: Onset | None
    """When it split off, as closely as the looks can tell; None if it has no parent."""
    end: int | None
    """The step at which it was no longer seen apart; None if it is still there."""
    into: int | None
    """The name of the branch that it merged into."""
    label: str | None
    """Of its fork: "optimizer", "learned", "lattice" or "pruned"; None for the trunk."""
    learned: int | None
    """The step at which a fork that the optimiser made was established as learned."""
    position: float
    """The median of its values when it was last seen."""
    mass: float
    """Its share of the values when it was last seen."""
    children: tuple[TreeBranch, ...]
    """What split off from it, in the order of time."""

    def __iter__(self) -> Iterator[TreeBranch]:
        """The branch and all that sprang from it."""
        yield self
        for child in self.children:
            yield from child

    def __str__(self) -> str:
        return "\n".join(self._lines("", ""))

    def _lines(self, first: str, others: str) -> Iterator[str]:
        yield f"{first}{self.name}  {self._story()}"
        shown: list[TreeBranch | None] = list(self.children)
        if len(shown) > _SHOWN:
            shown[_SHOWN // 2 : -_SHOWN // 2] = [None]
        for place, child in enumerate(shown):
            is_last = place == len(shown) - 1
            fork, stem = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
            if child is None:
                yield f"{others}{fork}… and {len(self.children) - len(shown) + 1} more like these"
            else:
                yield from child._lines(others + fork, others + stem)

    def _story(self) -> str:
        parts = [f"{self.mass:.0%} at {self.position:.3g}".replace("%", " %")]
        if self.onset is not None:
            reason = f" ({self.label})" if self.label and self.learned is None else ""
            parts.append(f"split off {_when(self.onset)}{reason}")
            if self.learned is not None:
                parts.append(f"learned by step {self.learned}")
        elif self.start is not None:
            parts.append(f"from step {self.start}")
        if self.end is not None:
            parts.append(f"merged into {self.into} by step {self.end}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Tree:
    """The branches of one tensor. Its `str()` is a picture for a terminal."""

    tensor: str
    step: int | None
    """The last look, as far as it is known."""
    roots: tuple[TreeBranch, ...]
    """The trunk; several if the tensor was forked when it was first looked at."""

    def __iter__(self) -> Iterator[TreeBranch]:
        """All branches, each before what sprang from it."""
        for root in self.roots:
            yield from root

    def __getitem__(self, name: int) -> TreeBranch:
        """A branch by its name. Raises KeyError."""
        for branch in self:
            if branch.name == name:
                return branch
        raise KeyError(f"{self.tensor} has had no branch {name}; there are {[branch.name for branch in self]}")

    @property
    def alive(self) -> tuple[TreeBranch, ...]:
        """The branches there are now, ascending in value."""
        return tuple(sorted((branch for branch in self if branch.end is None), key=lambda branch: branch.position))

    def __str__(self) -> str:
        if not self.roots:
            return f"{self.tensor} has not been looked at"
        now = len(self.alive)
        step = "" if self.step is None else f" at step {self.step}"
        head = f"{self.tensor}: {'one branch' if now == 1 else f'{now} branches'}{step}"
        return "\n".join([head, *map(str, self.roots)])

    @classmethod
    def of(
        cls,
        tensor: str,
        events: Sequence[ForkEvent],
        *,
        first: int | None = None,
        last: int | None = None,
        now: Sequence[Branch] = (),
    ) -> Tree:
        """The tree that a tensor's events tell of.

        first, last: its first and last look, if known. now: its branches at the last.
        """
        growth = _Growth(first)
        for event in events:
            if event.branches:
                growth.take(event)
        if not growth.lives and now:
            growth.begin(now)
        growth.refresh(now)
        return cls(tensor, last if last is not None else growth.step, growth.roots())


class _Life:
    """What is known so far of a branch."""

    def __init__(self, branch: Branch, start: int | None) -> None:
        self.branch = branch
        self.start = start
        self.parent: int | None = None
        self.onset: Onset | None = None
        self.end: int | None = None
        self.into: int | None = None
        self.label: str | None = None
        self.learned: int | None = None


class _Growth:
    """A tree that takes in event after event."""

    def __init__(self, first: int | None) -> None:
        self.first = first
        self.step: int | None = None
        self.lives: dict[int, _Life] = {}
        self.alive: Sequence[Branch] = ()

    def begin(self, branches: Sequence[Branch]) -> None:
        for branch in branches:
            self.lives[branch.name] = _Life(branch, self.first)
        self.alive = branches

    def take(self, event: ForkEvent) -> None:
        if not self.lives:
            is_forked_from_the_first_look = len(event.branches) == 1 or event.onset.after is None
            if self.first is None:
                self.first = event.onset.after
            # The heaviest child has its parent's name, and the others have later ones.
            trunk = min(branch.name for branch in event.branches)
            low, high = event.branches[0].lower, event.branches[-1].upper
            self.begin(
                event.branches if is_forked_from_the_first_look else [Branch((low + high) / 2, 1.0, low, high, trunk)]
            )
        names = {branch.name for branch in event.branches}
        for branch in self.alive:
            if branch.name not in names:
                life = self.lives[branch.name]
                life.end = event.step
                life.into = _nearest(branch, self.alive, event.branches).name
        before = self.alive
        for branch in event.branches:
            life = self.lives.get(branch.name) or self._born(branch, event, before)
            life.branch, life.end, life.into = branch, None, None
            if event.kind == "established" and life.parent is not None:
                life.label, life.learned = "learned", event.step
        self.alive = event.branches
        self.step = event.step

    def _born(self, branch: Branch, event: ForkEvent, before: Sequence[Branch]) -> _Life:
        life = self.lives[branch.name] = _Life(branch, event.step)
        life.parent = _nearest(branch, event.branches, before).name
        life.onset = event.onset if event.kind in ("split", "birth") else Onset(self.step, event.step)
        life.label = event.label
        return life

    def refresh(self, now: Sequence[Branch]) -> None:
        """Takes over where the branches are now, if they are those that the events tell of."""
        if len(now) == 1 == len(self.alive):
            self.lives[self.alive[0].name].branch = now[0]
        elif [branch.name for branch in now] == [branch.name for branch in self.alive]:
            for branch in now:
                self.lives[branch.name].branch = branch

    def roots(self) -> tuple[TreeBranch, ...]:
        return tuple(self._grown(name) for name, life in self.lives.items() if life.parent is None)

    def _grown(self, name: int) -> TreeBranch:
        life = self.lives[name]
        return TreeBranch(
            name=name,
            parent=life.parent,
            start=life.start,
            onset=life.onset,
            end=life.end,
            into=life.into,
            label=life.label,
            learned=life.learned,
            position=life.branch.position,
            mass=life.branch.mass,
            children=tuple(self._grown(other) for other, its in self.lives.items() if its.parent == name),
        )


def _nearest(branch: Branch, among: Sequence[Branch], others: Sequence[Branch]) -> Branch:
    """Of other branches the one that holds most of the same share of the values, for values keep their order; see `shares`."""
    low, high = shares(among)[among.index(branch)]
    overlaps = [min(high, above) - max(low, below) for below, above in shares(others)]
    return others[overlaps.index(max(overlaps))]


def shares(branches: Sequence[Branch]) -> list[tuple[float, float]]:
    """Which share of the values each branch holds, counted from the least value: from 0 to 1, side by side."""
    bounds, below = [], 0.0
    for branch in branches:
        bounds.append((below, below + branch.mass))
        below += branch.mass
    return bounds


def _when(onset: Onset) -> str:
    if onset.after is None or onset.after >= onset.by - 1:
        return f"at step {onset.by}"
    return f"between steps {onset.after} and {onset.by}"
