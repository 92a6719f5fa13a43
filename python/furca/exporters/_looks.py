"""The looks of a scope or a run, one after another, as all exporters take them."""

from __future__ import annotations

import math
from typing import Iterator, NamedTuple, Union

import numpy as np

from ..errors import EmptyError
from ..events import ForkEvent
from ..modes import Branch
from ..run import Run
from ..sketch import Sketch
from ..stats import Stats
from ..watching import Scope

Source = Union[Scope, Run]


class Look(NamedTuple):
    """What one look saw of one tensor."""

    tensor: str
    step: int
    stats: Stats
    sketch: Sketch
    branches: list[Branch]

    def figures(self) -> dict[str, float]:
        """The numbers that are worth a curve, those that are undefined left out."""
        s = self.stats
        values = {
            "mean": s.mean,
            "std": s.std,
            "kurtosis": s.kurtosis,
            "l2": s.l2,
            "zeros": s.zeros / s.count if s.count else math.nan,
            "nonfinite": float(s.nan + s.inf),
            "branches": float(len(self.branches)),
        }
        return {name: value for name, value in values.items() if math.isfinite(value)}

    def histogram(self, bins: int) -> tuple[np.ndarray, np.ndarray]:
        """Counts of the finite values in bins of equal width, and their edges; empty without finite values."""
        s = self.stats
        if s.finite == 0:
            return np.zeros(0), np.zeros(0)
        low, high = (s.min, s.max) if s.min < s.max else (s.min - 0.5, s.max + 0.5)
        edges = np.linspace(low, high, bins + 1)
        below = self.sketch.cdf(edges) * s.finite
        below[0] = 0.0  # The smallest value belongs to the first bin.
        return np.diff(below), edges


class Export:
    """Goes through the looks of a source and remembers what it has given out, so that nothing is given twice."""

    def __init__(self) -> None:
        self._steps: dict[str, int] = {}
        self._forks = 0

    def looks(self, source: Source) -> Iterator[Look]:
        """New looks, ascending in step: of a scope the latest of each tensor, of a run all whose distribution was kept."""
        for look in _of_run(source) if isinstance(source, Run) else _of_scope(source):
            if look.step > self._steps.get(look.tensor, -1):
                self._steps[look.tensor] = look.step
                yield look

    def forks(self, source: Source) -> list[ForkEvent]:
        """New events."""
        events = source.forks()[self._forks :]
        self._forks += len(events)
        return events


def _of_scope(scope: Scope) -> Iterator[Look]:
    found = []
    for name in scope.tensors:
        view = scope[name]
        try:
            found.append(Look(name, view.stats.step, view.stats, view.sketch(), view.branches))
        except EmptyError:
            continue  # It has not been looked at yet.
    return iter(sorted(found, key=lambda look: look.step))


def _of_run(run: Run) -> Iterator[Look]:
    steps = [(int(step), name) for name in run.tensors for step in run[name].sketch_steps]
    for step, name in sorted(steps, key=lambda pair: pair[0]):
        tensor = run[name]
        yield Look(name, step, tensor.stats(step), tensor.sketch(step), tensor.branches(step))
