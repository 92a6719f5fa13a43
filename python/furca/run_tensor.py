"""One tensor in a run file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ._names import unknown
from .errors import EmptyError
from .modes import Branch
from .rows import number, numbers
from .sketch import Sketch
from .stats import Stats

if TYPE_CHECKING:
    from .run import Run

_FIGURES = ("min", "max", "mean", "std", "skewness", "kurtosis", "l1", "l2")
_COUNTS = ("count", "nan", "pos_inf", "neg_inf", "zeros", "subnormals")
_SAMPLING = ("sampled", "mean_se", "std_se", "kurtosis_se")
_TESTS = ("dip", "dip_tested", "p_value", "modes")

#: What `RunTensor.history` knows.
STATISTICS = _COUNTS + _FIGURES + _SAMPLING + _TESTS


class StoredSketch(Sketch):
    """A sketch from a run file."""

    step: int
    """The step of the look it comes from."""


class RunTensor:
    """A parameter over the steps of a run."""

    def __init__(self, run: Run, name: str, dtype: str, shape: tuple[int, ...], frozen: bool) -> None:
        self._run = run
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.frozen = frozen

    @property
    def steps(self) -> np.ndarray:
        """The steps at which it was looked at, ascending."""
        return self._steps_in("stats")

    def history(self, statistic: str) -> np.ndarray:
        """One statistic at each of `steps`, as float64; NaN where it is undefined.

        statistic: a field of `Stats`, or dip, dip_tested, p_value or modes.
        """
        if statistic not in STATISTICS:
            every = f"there are {', '.join(STATISTICS)}"
            raise unknown(f"there is no statistic {statistic!r}", statistic, STATISTICS, every)
        found = self._run.sql(f"select {statistic} as value from stats where tensor = ? order by step", self.name)
        return numbers(row.value for row in found)

    def stats(self, step: int | None = None) -> Stats:
        """The statistics of the last look at or before `step` (None: of the last), which is in their `step`."""
        kept = ("step", *_COUNTS, *_FIGURES, *_SAMPLING)
        row = self._last("stats", ", ".join(kept), step)
        values = {name: getattr(row, name) for name in kept}
        return Stats(**{**values, **{name: number(values[name]) for name in _FIGURES + _SAMPLING}}, exact=False)

    @property
    def sketch_steps(self) -> np.ndarray:
        """The steps whose whole distribution is kept, ascending; the statistics are kept for all."""
        return self._steps_in("sketches")

    def sketch(self, step: int | None = None) -> StoredSketch:
        """The last distribution kept at or before `step` (None: of all); its `step` says of which look it is."""
        row = self._last("sketches", "step, sketch", step)
        sketch = StoredSketch.from_bytes(row.sketch)
        sketch.step = row.step
        return sketch

    def quantile(self, q: npt.ArrayLike, step: int | None = None) -> Any:
        """`Sketch.quantile` of the last distribution kept at or before `step`."""
        return self.sketch(step).quantile(q)

    def branches(self, step: int | None = None) -> list[Branch]:
        """The branches at the last look at or before `step` (None: of all), ascending: one if it had not forked."""
        looked = self._last("stats", "step, min, max", step)
        found = self._run.sql(
            "select position, mass, lower, upper, name from branches where tensor = ? and step = ? order by branch",
            self.name,
            looked.step,
        )
        if found:
            return [Branch(*row) for row in found]
        return [Branch(self.sketch(looked.step).quantile(0.5), 1.0, number(looked.min), number(looked.max))]

    def _steps_in(self, view: str) -> np.ndarray:
        found = self._run.sql(f"select step from {view} where tensor = ? order by step", self.name)
        return np.array([row.step for row in found], dtype=np.int64)

    def _last(self, view: str, columns: str, step: int | None) -> Any:
        bound, values = ("", (self.name,)) if step is None else (" and step <= ?", (self.name, step))
        found = self._run.sql(
            f"select {columns} from {view} where tensor = ?{bound} order by step desc limit 1", *values
        )
        if not found:
            when = "" if step is None else f" at or before step {step}"
            raise EmptyError(f"{self.name} has not been looked at{when}")
        return found[0]

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.shape)) or "a single number"
        return f"<{self.name}: {shape}, {self.dtype}, of {self._run!r}>"
