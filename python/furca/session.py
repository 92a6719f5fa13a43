"""One training run: tensors are registered, looked at step after step, and answer questions at any time."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy.typing as npt

from . import _abi, _calls, paths
from ._abi import library
from ._buffers import DTYPES, elements_of
from ._handle import Handle
from .errors import DTypeError, EmptyError
from .events import KINDS, LABELS, ForkEvent, Onset, STRUCTURES
from .forks import Forks, Seen
from .modes import Branch
from .paths import Paths
from .sketch import Sketch
from .stats import Stats

if TYPE_CHECKING:
    from .devices.reading import Counted


class Session:
    """A run that is being watched. `furca.watch` makes one for a torch optimizer; any other trainer can use it directly:

    >>> with furca.Session("run.furca") as session:
    ...     for step in range(1001):
    ...         session.look(step, {"hidden.weight": weights})
    ...         train_one_step()

    Questions may come from any thread, also while another one is inside `look`.
    """

    #: Whether several processes make one run, so that all must look at the same steps.
    is_shared = False

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        alpha: float = 0.01,
        budget: float = 0.01,
        exact_limit: int = 4096,
        always_until: int = 16,
        threads: int = 0,
        resume: bool = False,
        max_size: int = 1 << 30,
        sketch_error: float = 1 / 64,
        paths: int = 1024,
        seed: int = 0,
    ) -> None:
        """Begins a run.

        path: the run file, None for none. If it exists, a numbered sibling is made: see `path`.
        alpha: the chance that the whole run reports any fork that is not there.
        budget: the share of wall time to spend inside the library, for `due`; 0 for no limit.
        exact_limit: tensors of up to this many elements are kept exactly; at most 20000.
        always_until: `due` says yes up to this step whatever it costs.
        threads: how many threads read a batch, the caller's included; 0 for one per processor, at most 4.
        resume: go on with the run file at `path` if there is one, after its last step; tensors are matched by name.
        max_size: bytes that the run file stays below, by thinning old looks; 0 for no limit.
        sketch_error: the relative error of quantiles of the sketches in the run file, 1/256 to 1/8.
        paths: how many elements of each tensor are followed one by one, see `Paths`; at most 65536; 0 for none.
        seed: of the random choice of those elements. A run that is resumed keeps its `paths` and `seed`.
        """
        options = _abi.SessionOptions(
            exact_limit=_calls.integer(exact_limit, "exact_limit", bits=32, signed=False),
            path=None if path is None else _calls.path(path),
            alpha=alpha,
            budget=budget,
            always_until=_calls.integer(always_until, "always_until"),
            threads=_calls.integer(threads, "threads", bits=32, signed=False),
            resume=bool(resume),
            max_size=_calls.integer(max_size, "max_size", signed=False),
            sketch_error=sketch_error,
            paths=_calls.integer(paths, "paths", bits=32, signed=False),
            seed=_calls.integer(seed, "the seed", signed=False),
        )
        ticket = ctypes.c_void_p()
        library.furca_session_open(ctypes.byref(options), ctypes.byref(ticket))
        self._handle = Handle(ticket, library.furca_session_close)
        self._names: dict[int, str] = {}
        self.path: str | None = _calls.text(library.furca_session_path, self._handle) or None

    def problems(self) -> tuple[int, str]:
        """How many problems there have been with the run file, and a sentence about the latest ("" if there was none)."""
        count = ctypes.c_size_t()
        text = _calls.text(library.furca_session_problem, self._handle, ctypes.byref(count))
        return count.value, text

    @property
    def tensors(self) -> list[str]:
        """The names of all registered tensors; the id of each is its index."""
        return [name for _, name in sorted(self._names.items())]

    def register(
        self, name: str, dtype: str, shape: Sequence[int], *, frozen: bool = False, whole: Sequence[int] | None = None
    ) -> int:
        """Makes a tensor known and returns its id. `dtype` is a name that numpy or torch has for it, "float32".

        whole: the shape of the tensor of which this is the shard that this process holds, for sessions that merge shards.
        """
        if dtype not in DTYPES:
            raise DTypeError(f"{name} is of dtype {dtype}, and only {', '.join(DTYPES)} are read")
        extents = (ctypes.c_int64 * len(shape))(*(_calls.integer(extent, f"a length of {name}") for extent in shape))
        spec = _abi.TensorSpec(
            dtype=DTYPES[dtype], name=_calls.string(name, "the name"), shape=extents, rank=len(shape), frozen=frozen
        )
        tensor = ctypes.c_uint32()
        library.furca_tensor_register(self._handle, ctypes.byref(spec), ctypes.byref(tensor))
        self._names[tensor.value] = name
        return tensor.value

    def group(self, name: str, pattern: str) -> int:
        """Has a union of tensors looked at like one tensor, named "group:" and `name`, and returns its id.

        pattern: of its members' names, `*` for any characters and `?` for one: "*.bias", "*" for all.

        Each member's values are taken in units of its standard deviation from its mean, and so are all figures of the group. It is
        judged on the elements that are followed of its members, at most 65536 in all. A member is left out while it is constant.
        """
        tensor = ctypes.c_uint32()
        library.furca_session_group(
            self._handle, _calls.string(name, "the name"), _calls.string(pattern, "the pattern"), ctypes.byref(tensor)
        )
        self._names[tensor.value] = f"group:{name}"
        return tensor.value

    def exempt(self, tensor: int) -> None:
        """Leaves a tensor's shape untested from now on: it no longer forks."""
        library.furca_tensor_exempt(self._handle, tensor)

    def note_drift(self, tensor: int, process: int, others: int, after: int | None, by: int) -> None:
        """Records that another process's copy of a tensor differs at step `by`, and of so many others; they were last the same
        `after` a step, or never compared."""
        library.furca_tensor_drifted(self._handle, tensor, process, others, -1 if after is None else after, by)

    def find(self, name: str) -> int:
        """The id of a tensor. Raises UnknownError, which is a KeyError."""
        tensor = ctypes.c_uint32()
        library.furca_tensor_find(self._handle, _calls.string(name, "the name"), ctypes.byref(tensor))
        return tensor.value

    def look(self, step: int, arrays: Mapping[str, Any]) -> None:
        """Looks at tensors by name after `step` updates (0: before training). New names are registered. Arrays are read in
        place, as by `Sketch`."""
        if not isinstance(arrays, Mapping):
            raise TypeError(f"look takes arrays by name, not a {type(arrays).__name__}: session.look(step, {{'w': w}})")
        known = {name: tensor for tensor, name in self._names.items()}
        batch = {name: elements_of(array) for name, array in arrays.items()}
        names_of_dtypes = {code: name for name, code in DTYPES.items()}
        for name, elements in batch.items():
            if name not in known:
                known[name] = self.register(name, names_of_dtypes[elements.element_type], elements.shape)
        buffers = (_abi.Buffer * len(batch))(
            *(_abi.Buffer(e.address, e.count, known[name], e.dtype) for name, e in batch.items())
        )
        self.observe(step, buffers, len(batch))

    def observe(self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int) -> None:
        """furca_session_observe itself, for who keeps an array of buffers and refreshes its addresses."""
        library.furca_session_observe(self._handle, _calls.integer(step, "the step"), buffers, count)

    def look_at_sketches(self, step: int, sketches: Mapping[int, Sketch]) -> None:
        """Looks at tensors that were sketched elsewhere, by their ids: each sketch has all of its tensor's values."""
        batch = (_abi.Sketched * len(sketches))(
            *(_abi.Sketched(sketch._handle._as_parameter_, tensor) for tensor, sketch in sketches.items())
        )
        library.furca_session_observe_sketches(self._handle, step, batch, len(sketches))

    def observe_arrived(
        self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int, counted: Sequence[Counted]
    ) -> None:
        """Looks at tensors that were fetched from a device: copies of some, of others what was counted there."""
        if count:
            self.observe(step, buffers, count)
        if counted:
            self.look_at_sketches(step, {one.tensor: one.sketch for one in counted})

    def observe_begin(self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int) -> None:
        """furca_session_observe_begin: reads the buffers while the caller goes on. Their memory must stay as it is until
        `observe_wait`, `observe_drop` or `close` has returned."""
        library.furca_session_observe_begin(self._handle, step, buffers, count)

    def observe_wait(self) -> None:
        """Returns when what was begun is read. Does nothing if nothing was."""
        library.furca_session_observe_wait(self._handle)

    def observe_drop(self, reason: str) -> None:
        """`observe_wait` that throws the look away, because of `reason`."""
        library.furca_session_observe_drop(self._handle, _calls.string(reason, "the reason"))

    def planned(self, tensor: int) -> float:
        """The share of a tensor's elements that the look that is due reads: 1 for all, 0 if it is left out."""
        share = ctypes.c_double()
        library.furca_tensor_due(self._handle, tensor, ctypes.byref(share))
        return share.value

    def due(self, step: int) -> bool:
        """Whether this step should be looked at, for the sake of the budget. Ask once per step. The look that follows reads what
        the budget allows for: see `planned`."""
        answer = ctypes.c_int32()
        library.furca_session_due(self._handle, _calls.integer(step, "the step"), ctypes.byref(answer))
        return answer.value != 0

    def log(self, step: int, name: str, value: float) -> None:
        """Records a number of yours (a loss, a learning rate) at a step."""
        library.furca_session_log(
            self._handle, _calls.integer(step, "the step"), _calls.string(name, "the metric's name"), value
        )

    def gap(self, name: str, reason: str) -> None:
        """Records that something is not watched, and why."""
        library.furca_session_gap(self._handle, _calls.string(name, "the name"), _calls.string(reason, "the reason"))

    def charge(self, seconds: float) -> None:
        """Adds time spent on the session's behalf to its cost."""
        library.furca_session_charge(self._handle, seconds)

    def rewind(self, step: int) -> None:
        """Goes back: the next look may be at any step after `step`."""
        library.furca_session_rewind(self._handle, _calls.integer(step, "the step"))

    def flush(self) -> None:
        """Returns when all that was looked at so far is in the run file."""
        library.furca_session_flush(self._handle)

    def stats(self, tensor: int) -> Stats:
        """The statistics of the latest look. Raises EmptyError before the first."""
        found = _abi.Stats()
        library.furca_tensor_stats(self._handle, tensor, ctypes.byref(found))
        return Stats._of(found)

    def quantile(self, tensor: int, q: npt.ArrayLike) -> Any:
        """`Sketch.quantile` of the latest look."""
        return _calls.mapped(library.furca_tensor_quantiles, self._handle, tensor, over=q)

    def branches(self, tensor: int) -> list[Branch]:
        """The branches the tensor has now, ascending: one if it has not forked."""
        return _calls.branches(library.furca_tensor_branches, library.furca_tensor_names, self._handle, tensor)

    def paths(self, tensor: int) -> Paths:
        """Where the elements of a tensor that are followed are at the latest look: one row. The run file has the looks before.
        Raises EmptyError if none are followed, and says why."""
        return paths.now(self._handle, tensor)

    def sketch(self, tensor: int) -> Sketch:
        """A copy of the latest look's sketch."""
        ticket = ctypes.c_void_p()
        library.furca_tensor_sketch(self._handle, tensor, ctypes.byref(ticket))
        return Sketch._from_ticket(ticket)

    def events(self, start: int = 0) -> Forks:
        """What has happened so far, from the `start`-th event on."""
        count = ctypes.c_size_t()
        library.furca_event_count(self._handle, ctypes.byref(count))
        return Forks((self._event(index) for index in range(start, count.value)), seen=self._seen)

    def _seen(self, name: str) -> Seen:
        tensor = self.find(name)
        try:
            return Seen(None, self.stats(tensor).step, self.branches(tensor))
        except EmptyError:
            return Seen(None, None, ())

    def _event(self, index: int) -> ForkEvent:
        found = _abi.Event()
        library.furca_event_get(self._handle, index, ctypes.byref(found))
        return ForkEvent(
            step=found.step,
            onset=Onset(None if found.onset_after < 0 else found.onset_after, found.onset_by),
            tensor=self._names[found.tensor],
            kind=KINDS.get(found.kind, str(found.kind)),
            label=LABELS.get(found.label, str(found.label)),
            branches=tuple(
                _calls.branches(library.furca_event_branches, library.furca_event_names, self._handle, index)
            ),
            dip=found.dip,
            p_value=found.p_value,
            text=_calls.text(library.furca_event_text, self._handle, index),
            structure=STRUCTURES.get(found.structure, str(found.structure)),
            lines=tuple(_calls.entries(ctypes.c_uint32, library.furca_event_lines, self._handle, index)),
        )

    def summary(self) -> dict[str, float]:
        """What the session has done and what it cost: the fields of furca_summary by name."""
        found = _abi.Summary()
        library.furca_session_summary(self._handle, ctypes.byref(found))
        return {name: getattr(found, name) for name, *_ in found._fields_ if name != "struct_size"}

    def report(self) -> str:
        """A few lines: what was seen, what was not and why, what it cost."""
        return _calls.text(library.furca_session_report, self._handle)

    @property
    def handle(self) -> int:
        """The `furca_session *`, for C code in this process that asks or observes beside this object.

        A program that links the library and embeds Python shares it with this package; see `furca._library`."""
        return self._handle._as_parameter_

    @property
    def closed(self) -> bool:
        return self._handle.closed

    def close(self) -> None:
        """Ends the run and closes its file. The second time, does nothing."""
        self._handle.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{len(self._names)} tensors"
        return f"Session({self.path!r}, {state})"
