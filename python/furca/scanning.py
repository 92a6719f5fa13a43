"""A run file out of a series of checkpoints."""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Sequence, Union

from . import _abi, _calls
from ._abi import library
from ._buffers import unreadable
from ._handle import Handle
from .errors import FormatError
from .run import Run
from .session import Session

PathLike = Union[str, "os.PathLike[str]"]

#: Under which torch programs keep a model's tensors in a larger checkpoint.
_STATE_KEYS = ("state_dict", "model_state_dict", "model", "module")


def scan(
    checkpoints: PathLike | Iterable[PathLike],
    run: PathLike,
    *,
    steps: Sequence[int] | None = None,
    alpha: float = 0.01,
    exact_limit: int = 4096,
    threads: int = 0,
    sketch_error: float = 1 / 64,
    max_size: int = 1 << 30,
    paths: int = 1024,
    seed: int = 0,
    groups: Mapping[str, str] | None = None,
    progress: bool | None = None,
) -> Run:
    """Makes a run file of checkpoints: the statistics, sketches and forks of a run that was watched at their steps.

    >>> furca.scan(["ckpt/step0", "ckpt/step1000"], run="runs/b.furca").forks()

    checkpoints: safetensors files, sharded ones (their index, or the directory that holds it), directories of checkpoints,
        a directory of the Hugging Face hub's cache. PyTorch's own files (.bin, .pt) are loaded with weights_only=True.
    run: the run file. If it is a scan that was stopped, or there are more checkpoints now, the scan goes on where it ended;
        if it is any other run, a numbered sibling is made; the path is the returned run's.
    steps: those of the checkpoints in the order given; None if their names tell ("step1000", "checkpoint-1000").
    alpha, exact_limit, threads, sketch_error, max_size, paths, seed: as for `Session`.
    groups: unions of tensors that are looked at like one, by name: see `Session.group`.
    progress: a bar on standard error; None: if that is a terminal.

    Raises FormatError for a damaged file, FileError if one cannot be read, ArgumentError if there are no checkpoints, or
    their steps cannot be told.
    """
    places = [checkpoints] if isinstance(checkpoints, (str, os.PathLike)) else list(checkpoints)
    found = _find(places, steps)
    Path(run).parent.mkdir(parents=True, exist_ok=True)
    done = _steps_scanned(run)
    with Session(
        run,
        alpha=alpha,
        budget=0,
        exact_limit=exact_limit,
        threads=threads,
        resume=bool(done),
        sketch_error=sketch_error,
        max_size=max_size,
        paths=paths,
        seed=seed,
    ) as session:
        for name, pattern in (groups or {}).items():
            session.group(name, pattern)
        library.furca_session_note_checkpoints(session._handle, found)
        bar = _Bar(enabled=sys.stderr.isatty() if progress is None else progress)
        try:
            for checkpoint in bar.over(_left(list(_entries(found)), done, session)):
                if checkpoint.kind == _abi.PICKLE:
                    _look_at_pickle(session, checkpoint)
                else:
                    library.furca_session_observe_checkpoint(
                        session._handle, checkpoint.step, os.fsencode(checkpoint.path)
                    )
        finally:
            found.close()
        path = session.path
    assert path is not None
    return Run(path)


def _steps_scanned(run: PathLike) -> set[int]:
    """The steps of the scan that is at this path; none if nothing is, or another run."""
    if not os.path.exists(run):
        return set()
    with Run(run) as before:
        if before.facts.get("source") != "checkpoints":
            return set()
        return {row.step for row in before.sql("select step from cost")}


def _left(checkpoints: Sequence[Checkpoint], done: set[int], session: Session) -> list[Checkpoint]:
    """The checkpoints that a scan which was stopped has still to look at."""
    last = max(done, default=-1)
    for checkpoint in checkpoints:
        if checkpoint.step <= last and checkpoint.step not in done:
            session.gap(checkpoint.path, f"it was not there when step {last} was scanned, and steps go up: scan anew")
    return [checkpoint for checkpoint in checkpoints if checkpoint.step > last]


class Checkpoint(NamedTuple):
    step: int
    kind: int
    path: str


def _find(paths: Sequence[PathLike], steps: Sequence[int] | None) -> Handle:
    names = (ctypes.c_char_p * len(paths))(*(os.fsencode(path) for path in paths))
    given = () if steps is None else tuple(_calls.integer(step, "a step") for step in steps)
    ticket = ctypes.c_void_p()
    library.furca_checkpoints_find(
        names, len(paths), (ctypes.c_int64 * len(given))(*given), len(given), ctypes.byref(ticket)
    )
    return Handle(ticket, library.furca_checkpoints_close)


def _entries(found: Handle) -> Iterator[Checkpoint]:
    count = ctypes.c_size_t()
    library.furca_checkpoints_count(found, ctypes.byref(count))
    for index in range(count.value):
        step, kind = ctypes.c_int64(), ctypes.c_uint32()
        path = _calls.text(library.furca_checkpoints_get, found, index, ctypes.byref(step), ctypes.byref(kind))
        yield Checkpoint(step.value, kind.value, path)


def _look_at_pickle(session: Session, checkpoint: Checkpoint) -> None:
    tensors = _tensors_in(checkpoint.path)
    readable = {}
    for name, tensor in sorted(tensors.items()):
        reason = unreadable(tensor)
        if reason is None:
            readable[name] = tensor
        else:
            session.gap(name, f"step {checkpoint.step}: {reason}")
    session.look(checkpoint.step, readable)


def _tensors_in(path: str) -> Mapping[str, Any]:
    """The model's tensors in a file of torch.save, or in those that an index names."""
    import torch

    if path.endswith(".index.json"):
        with open(path, encoding="utf-8") as index:
            shards = set(json.load(index)["weight_map"].values())
        folder = Path(path).parent
        return {
            name: tensor for shard in sorted(shards) for name, tensor in _tensors_in(str(folder / Path(shard).name)).items()
        }

    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:
        raise FormatError(f"{path} cannot be loaded by torch.load with weights_only=True: {error}") from error
    candidates = [loaded] + ([loaded.get(key) for key in _STATE_KEYS] if isinstance(loaded, Mapping) else [])
    for candidate in candidates:
        if isinstance(candidate, Mapping):
            tensors = {str(name): value for name, value in candidate.items() if isinstance(value, torch.Tensor)}
            if tensors:
                return tensors
    raise FormatError(f"{path} holds no tensors by name, neither itself nor under {', '.join(_STATE_KEYS)}")


class _Bar:
    """A line on standard error that says how far a scan has come."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled

    def over(self, checkpoints: Sequence[Checkpoint]) -> Iterator[Checkpoint]:
        began = time.monotonic()
        for done, checkpoint in enumerate(checkpoints):
            self._show(done, len(checkpoints), checkpoint.step, time.monotonic() - began)
            yield checkpoint
        if self._enabled:
            sys.stderr.write("\r\x1b[K")

    def _show(self, done: int, total: int, step: int, elapsed: float) -> None:
        if not self._enabled:
            return
        filled = 24 * done // total
        left = f", {elapsed / done * (total - done):.0f} s left" if done else ""
        sys.stderr.write(f"\r\x1b[K{'█' * filled}{'░' * (24 - filled)} {done}/{total} step {step}{left}")
        sys.stderr.flush()
