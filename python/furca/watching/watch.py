"""The one line in a training script."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Union

from ..errors import ArgumentError
from ..run import Run
from ..session import Session
from .parameters import Patterns, select, strangers
from .scope import Scope

if TYPE_CHECKING:
    import torch


def watch(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    run: Union[str, os.PathLike[str], None] = None,
    *,
    every: int = 1,
    budget: float = 0.01,
    alpha: float = 0.01,
    include: Patterns = None,
    exclude: Patterns = None,
    threads: int = 0,
    resume: bool = False,
    max_size: int = 1 << 30,
    sketch_error: float = 1 / 64,
    verbose: bool = False,
) -> Scope:
    """Watches a model's parameters from now on: a look now, and one after each step of the optimizer.

    The parameters stay on the CPU, where they are read in place. Neither the model nor the optimizer is changed or kept
    alive. The run ends with `Scope.close()`, with the optimizer, or with the program, whichever comes first.

    run: the run file; None means runs/<script>-<time>.furca. An existing file is left alone: the run gets a numbered sibling.
    every: look after every so many steps only, beyond step 16.
    budget: the share of wall time that may go into looking; a look that would exceed it is left out. 0: no limit.
    alpha: the chance that the whole run reports any fork that is not there.
    threads: how many threads read the parameters, the training loop's own included; 0: one per processor, at most 4.
    resume: go on with the run file if there is one, as after a crash: steps count on from its last, which is not looked at again.
        If training goes on from an older checkpoint, say so with `Scope.rewind(step)`. A tensor that has another shape or dtype
        than in the run is refused.
    max_size: bytes that the run file stays below: old looks are thinned, as Sources/RunFile/SCHEMA.md says. 0: no limit.
    sketch_error: the relative error of quantiles of the sketches in the run file, from 1/256 (some 6 KiB each) to 1/8.
    include, exclude: patterns of parameter names, "blocks.*.bias"; None: include all, exclude none.
    verbose: print forks as they happen.

    Raises ArgumentError if no parameter can be watched, FileError if the run file cannot be written.
    """
    if not hasattr(model, "named_parameters"):
        raise ArgumentError(f"a {type(model).__name__} is no torch.nn.Module: it has no named_parameters")
    if not hasattr(optimizer, "register_step_post_hook"):
        raise ArgumentError(f"a {type(optimizer).__name__} is no torch optimizer: it has no register_step_post_hook")
    if every < 1:
        raise ArgumentError(f"every is {every}: it must be at least 1")
    selection = select(model, include, exclude)
    stranger = strangers(model, optimizer)
    gaps = selection.gaps + ([stranger] if stranger else [])

    path = _default_path() if run is None else Path(run)
    session = Session(path, alpha=alpha, budget=budget, threads=threads, resume=resume, max_size=max_size, sketch_error=sketch_error)
    last = _last_step(session) if resume else None
    if last is not None:
        print(f"furca: the run in {session.path} goes on after step {last}")
    elif run is None:
        print(f"furca: the run is written to {session.path}")
    elif session.path != str(path):
        print(f"furca: {path} exists already; this run is written to {session.path}")
    return Scope(session, optimizer, selection.parameters, gaps, every=every, verbose=verbose, last=last)


def _last_step(session: Session) -> int | None:
    """The last step of the run that a session goes on with, None if it begins one."""
    assert session.path is not None
    with Run(session.path) as run:
        return run.last_step


def _default_path() -> Path:
    script = Path(sys.argv[0] if sys.argv else "").stem.strip("-") or "python"
    return Path("runs") / f"{script}-{time.strftime('%Y%m%d-%H%M%S')}.furca"
