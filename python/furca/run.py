"""A run file: what was seen, while the run goes on or afterwards, in any process."""

from __future__ import annotations

import ctypes
import json
import os
import time
from typing import TYPE_CHECKING, Any, Iterator, Mapping, NamedTuple

import numpy as np

from . import _calls, paths, rows, tables
from ._abi import library
from ._handle import Handle
from ._names import unknown
from .events import ForkEvent, Onset
from .forks import Forks, Seen
from .modes import Branch
from .paths import Paths
from .plot import Plots
from .rows import number, numbers
from .run_tensor import RunTensor
from .settling import Settled, settled
from .sparsity import Sparsity

if TYPE_CHECKING:
    import pandas


class Gap(NamedTuple):
    """Something that was not watched."""

    name: str
    reason: str


class Group(NamedTuple):
    """A union of tensors that is looked at like one tensor: see `Session.group`."""

    pattern: str
    members: tuple[str, ...]
    """Of its latest look, those included that were constant and so left out."""


class Series(NamedTuple):
    """A number over the steps of a run."""

    steps: np.ndarray
    values: np.ndarray

    def __repr__(self) -> str:
        return f"Series({len(self.steps)} values, the last {self.values[-1]:.6g} at step {self.steps[-1]})"


class Run:
    """Reads a run file. The process that writes it is never blocked, and what it has written is there at once.

    >>> run = furca.open("runs/a.furca")
    >>> run.tensors, run.forks(), run["lnf.bias"].history("kurtosis"), run.metrics["loss"]
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens the file. Raises FileError if that fails, FormatError if it is no run file."""
        ticket = ctypes.c_void_p()
        library.furca_run_open(_calls.path(path), ctypes.byref(ticket))
        self._handle = Handle(ticket, library.furca_run_close)
        self.path = os.fspath(path)

    @property
    def tensors(self) -> list[str]:
        """The names of all tensors, in the order in which they were registered."""
        return [row.name for row in self.sql("select name from tensors order by id")]

    def __getitem__(self, name: str) -> RunTensor:
        """A tensor by name. Raises UnknownError, which is a KeyError."""
        found = self.sql("select name, dtype, shape, frozen from tensors where name = ?", name)
        if not found:
            raise unknown(f"{self.path} has no tensor {name!r}", name, self.tensors, "run.tensors lists them")
        name, dtype, shape, frozen = found[0]
        return RunTensor(self, name, dtype, tuple(json.loads(shape)), bool(frozen))

    def __iter__(self) -> Iterator[str]:
        return iter(self.tensors)

    @property
    def groups(self) -> dict[str, Group]:
        """The unions of tensors that are looked at like tensors, by their names among those, "group:gains"."""
        if not self.sql("select 1 from sqlite_schema where name = 'group_members'"):
            return {}
        members: dict[str, list[str]] = {}
        for group, member in self.sql("select tensor, member from group_members"):
            members.setdefault(group, []).append(member)
        return {
            tensor: Group(pattern, tuple(members.get(tensor, ())))
            for tensor, pattern in self.sql("select tensor, pattern from groups")
        }

    def forks(self, tensor: str | None = None) -> Forks:
        """Everything that happened so far, in all tensors or in one; its `tree()` shows a tensor's branches."""
        condition, values = ("", ()) if tensor is None else (" where tensor = ?", (tensor,))
        branches: dict[int, list[Branch]] = {}
        for fork, *branch in self.sql(
            "select fork, position, mass, lower, upper, name from fork_branches order by fork, branch"
        ):
            branches.setdefault(fork, []).append(Branch(*branch))
        events = [
            ForkEvent(
                step=row.step,
                onset=Onset(row.onset_after, row.onset_by),
                tensor=row.tensor,
                kind=row.kind,
                label=None if row.label == "none" else row.label,
                branches=tuple(branches.get(row.fork, ())),
                dip=number(row.dip),
                p_value=number(row.p_value),
                text=row.text,
                structure=row.structure,
                lines=tuple(json.loads(row.lines or "[]")),
            )
            for row in self.sql(
                "select fork, step, onset_after, onset_by, tensor, kind, label, dip, p_value, text, structure, lines from forks"
                f"{condition} order by fork",
                *values,
            )
        ]
        if tensor is not None and not events:
            self[tensor]  # Raises UnknownError if there is none.
        return Forks(events, tensor=tensor, seen=self._seen)

    def _seen(self, name: str) -> Seen:
        tensor = self[name]
        steps = tensor.steps
        if not steps.size:
            return Seen(None, None, ())
        return Seen(int(steps[0]), int(steps[-1]), tensor.branches())

    @property
    def metrics(self) -> Mapping[str, Series]:
        """What the trainer logged, by name: `steps, losses = run.metrics["loss"]`."""
        return Metrics(self)

    @property
    def gaps(self) -> list[Gap]:
        """What was not watched, and why."""
        return [Gap(*row) for row in self.sql("select name, reason from gaps")]

    @property
    def facts(self) -> dict[str, str]:
        """Facts about the whole run."""
        return dict(self.sql("select key, value from facts"))

    def sparsity(self, tensor: str, step: int | None = None) -> Sparsity:
        """What pruning a tensor would leave, at every sparsity: of the last distribution kept at or before `step` (None: of
        all).

        >>> run.sparsity("h.weight").energy([.5, .9]), run.sparsity("h.weight").threshold(.9)
        """
        return Sparsity.of(self[tensor].sketch(step))

    def paths(self, tensor: str) -> Paths:
        """Where the elements of a tensor that are followed were, at the steps of which the run keeps that.

        Raises EmptyError if it has none, and says why.

        >>> steps, indices, values, branches, churn = run.paths("lnf.bias")
        """
        return paths.kept(self._handle, tensor)

    def churn(self, tensor: str) -> Series:
        """The share of the followed elements that changed from one branch to another since the step before: see `Paths.churn`."""
        found = self.paths(tensor)
        return Series(found.steps, found.churn)

    def settled(self, eps: float = 0.05) -> dict[str, Settled]:
        """When each tensor's distribution had come within `eps` of its last one for good, in units of its standard deviation
        (W1(p_t, p_T)/σ_T), and what share of the training came after that. Tensors that have no spread are left out.
        """
        found = ((name, settled(self[name], eps)) for name in self.tensors)
        return {name: one for name, one in found if one is not None}

    @property
    def last_step(self) -> int | None:
        """The step of the latest look, None before the first."""
        return self.sql("select max(step) as step from cost")[0].step

    @property
    def finished(self) -> bool:
        """Whether the run was closed in good order; False while it goes on, and after it was killed."""
        return self.facts.get("finished") == "yes"

    def wait(self, step: int, timeout: float | None = None) -> bool:
        """Waits until there is a look at `step` or a later one.

        Returns True then; False if `timeout` seconds have passed, or the run has ended, without one.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = 0.01
        while True:
            # In this order: a run that ends in between has all its looks.
            finished = self.finished
            last = self.last_step
            if last is not None and last >= step:
                return True
            if finished:
                return False
            left = pause if deadline is None else deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(pause, left))
            pause = min(2 * pause, 0.2)

    def to_pandas(self, view: str = "stats") -> pandas.DataFrame:
        """A view as a data frame: "stats", "forks", "branches", "metrics", "tensors", "cost", …; it needs pandas.

        Rows are ordered by tensor or name, and step. What is undefined is NaN.
        """
        return tables.to_pandas(self, view)

    def export(self, path: str | os.PathLike[str], view: str = "stats") -> None:
        """Writes a view to a file: .parquet (which needs pyarrow) or .csv, by its name."""
        tables.export(self, path, view)

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """The rows of a query, as named tuples; each ? in it takes one of `values`. NULL is None.

        The views (`stats`, `forks`, `branches`, `metrics`, …) are described in Sources/RunFile/SCHEMA.md. The file is open
        for reading only. `pandas.DataFrame(run.sql(…))` takes over the names of the columns.
        """
        return rows.query(self._handle, statement, values)

    @property
    def plot(self) -> Plots:
        """Pictures of the run; they need matplotlib."""
        return Plots(self)

    def close(self) -> None:
        """Closes the file. The second time, does nothing."""
        self._handle.close()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[type[Run], tuple[str]]:
        # A copy, here or in another process, opens the file anew.
        return Run, (os.path.abspath(self.path),)

    def __repr__(self) -> str:
        return f"Run({self.path!r}{', closed' if self._handle.closed else ''})"


class Metrics(Mapping[str, Series]):
    """The numbers that the trainer logged, by name."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __getitem__(self, name: str) -> Series:
        found = self._run.sql("select step, value from metrics where name = ? order by step", name)
        if not found:
            raise unknown(f"no {name!r} was logged in {self._run.path}", name, self, "run.metrics lists what was")
        return Series(np.array([row.step for row in found], dtype=np.int64), numbers(row.value for row in found))

    def __iter__(self) -> Iterator[str]:
        return (row.name for row in self._run.sql("select distinct name from metrics order by name"))

    def __len__(self) -> int:
        return int(self._run.sql("select count(distinct name) as n from metrics")[0].n)

    def __repr__(self) -> str:
        return f"Metrics({', '.join(self)})"
