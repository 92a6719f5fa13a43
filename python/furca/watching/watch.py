"""The one line in a training script."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Sequence, Union

from ..distributed.ranks import Ranks, session_of
from ..errors import ArgumentError
from ..events import ForkEvent
from ..run import Run
from .companions import Companions
from .optimizers import Optimizers, unwrapped
from .parameters import Patterns, select, strangers
from .roster import Roster
from .scope import Scope

if TYPE_CHECKING:
    import torch


def watch(
    model: torch.nn.Module,
    optimizer: Union[torch.optim.Optimizer, Sequence[torch.optim.Optimizer], None] = None,
    run: Union[str, os.PathLike[str], None] = None,
    *,
    step: int = 0,
    every: int = 1,
    budget: float = 0.01,
    alpha: float = 0.01,
    include: Patterns = None,
    exclude: Patterns = None,
    gradients: bool = False,
    optimizer_state: bool = False,
    updates: bool = False,
    ranks: Ranks = "auto",
    on_event: Union[Callable[[ForkEvent], object], None] = None,
    threads: int = 0,
    resume: bool = False,
    max_size: int = 1 << 30,
    sketch_error: float = 1 / 64,
    verbose: bool = False,
) -> Scope:
    """Watches a model's parameters from now on: a look now, and one after each step of the optimizer.

    The parameters stay on the CPU, where they are read in place. Neither the model nor the optimizer is changed or kept
    alive. The run ends with `Scope.close()`, with the optimizer, or with the program, whichever comes first.

    model: several go into one `torch.nn.ModuleDict`, or are watched by one call each.
    optimizer: or several, say one per parameter: a step is counted when all have stepped. None: `scope.tick()` counts.
    run: the run file; None means runs/<script>-<time>.furca. An existing file is left alone: the run gets a numbered sibling.
    step: how many updates there have been already, of a training that goes on.
    every: look after every so many steps only, beyond step 16.
    budget: the share of wall time that may go into looking; a look that would exceed it is left out. 0: no limit.
    alpha: the chance that the whole run reports any fork that is not there.
    threads: how many threads read the parameters, the training loop's own included; 0: one per processor, at most 4.
    resume: go on with the run file if there is one, as after a crash. With `step`, or `Scope.rewind(step)`, it goes on from that
        step, and what it had later is kept as superseded; otherwise steps count on from its last. A tensor that has another
        shape or dtype than in the run is refused.
    max_size: bytes that the run file stays below: old looks are thinned, as Sources/RunFile/SCHEMA.md says. 0: no limit.
    sketch_error: the relative error of quantiles of the sketches in the run file, from 1/256 (some 6 KiB each) to 1/8.
    include, exclude: patterns of parameter names, "blocks.*.bias"; None: include all, exclude none.
    gradients: look at each gradient too, as `<parameter>.grad`, just before the optimizer uses it.
    optimizer_state: look at what the optimizer keeps too, as `<parameter>.exp_avg`, `<parameter>.exp_avg_sq`, ….
    updates: look at what each step changed too, as `<parameter>.update`, and log `<parameter>.update_ratio` and
        `<parameter>.unchanged`, see `Updates`. Needs memory for one more copy of the watched parameters.
    ranks: how the processes of torch.distributed share the run. "replicas": rank 0's parameters are looked at, and compared with
        the others' now and then. "shards": each rank sketches its shards (of DTensors), and rank 0 merges the sketches into
        those of the whole tensors, in a thread; all ranks must watch, and they look at steps that no budget decides. "files":
        each rank writes a run of its own, <run>.rank<n>.furca, for `furca.merge`; nothing is sent. "auto": shards if
        parameters are DTensors, replicas under DistributedDataParallel, else files.
    on_event: called with each fork, and other events, in the training loop right after the look. What it raises goes up to the
        loop: so it may end the training.
    verbose: print forks as they happen.

    Raises ArgumentError if no parameter can be watched, FileError if the run file cannot be written.
    """
    if not hasattr(model, "named_parameters"):
        raise ArgumentError(f"a {type(model).__name__} is no torch.nn.Module: it has no named_parameters")
    if every < 1:
        raise ArgumentError(f"every is {every}: it must be at least 1")
    trainers = unwrapped(optimizer)
    selection = select(model, include, exclude)
    if trainers and (stranger := strangers(model, trainers)) is not None:
        selection.gaps.append(stranger)

    path = _default_path() if run is None else Path(run)
    options = {"alpha": alpha, "budget": budget, "threads": threads, "resume": resume, "max_size": max_size}
    session = session_of(ranks, model, path, {**options, "sketch_error": sketch_error})
    last = _last_step(session.path) if resume and session.path is not None else None
    if last is not None:
        step = step or last
        session.rewind(step)
        print(f"furca: the run in {session.path} goes on after step {min(step, last)}")
    elif session.path is None:
        pass  # Another rank has it.
    elif run is None or ".rank" in session.path:
        print(f"furca: the run is written to {session.path}")
    elif session.path != str(path):
        print(f"furca: {path} exists already; this run is written to {session.path}")
    scope = Scope(session, Optimizers(trainers), step=step, every=every, verbose=verbose, on_event=on_event)
    scope.begin(
        Roster(session, model, selection, scope.note, include=include, exclude=exclude),
        Companions(session, scope.observe, gradients=gradients, optimizer_state=optimizer_state, updates=updates),
        owner=trainers[-1] if trainers else model,
        looks=last is None or step > last,
    )
    return scope


def _last_step(path: str) -> int | None:
    """The last step of the run that a session goes on with, None if it begins one."""
    with Run(path) as run:
        return run.last_step


def _default_path() -> Path:
    script = Path(sys.argv[0] if sys.argv else "").stem.strip("-") or "python"
    return Path("runs") / f"{script}-{time.strftime('%Y%m%d-%H%M%S')}.furca"
