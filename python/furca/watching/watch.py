"""The one line in a training script."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence, Union

from ..distributed.flat import know_stretches, stretch_of
from ..distributed.ranks import Ranks, is_shared, session_of
from ..errors import ArgumentError
from ..events import ForkEvent
from .cadence import Every, cadence
from ..run import Run
from .companions import Companions
from .optimizers import Optimizers, scaler_of, unwrapped
from .overlap import Overlap, refuse_unguarded
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
    every: Every = 1,
    budget: float = 0.01,
    overlap: bool = False,
    alpha: float = 0.01,
    include: Patterns = None,
    exclude: Patterns = None,
    gradients: bool = False,
    optimizer_state: bool = False,
    updates: bool = False,
    scaler: Union[torch.amp.GradScaler, None] = None,
    ranks: Ranks = "auto",
    on_event: Union[Callable[[ForkEvent], object], None] = None,
    threads: int = 0,
    resume: bool = False,
    max_size: int = 1 << 30,
    sketch_error: float = 1 / 64,
    paths: int = 1024,
    seed: int = 0,
    groups: Union[Mapping[str, str], None] = None,
    verbose: bool = False,
) -> Scope:
    """Watches a model's parameters from now on: a look now, and one after each step of the optimizer.

    Parameters in the CPU's memory are read in place. Those on a CUDA device are counted there, on a stream beside the training,
    which waits for nothing: what was seen is known a step or two later. For each tensor of more than 256 KiB that takes 256 KiB
    there, and in pinned memory here. From other devices (MPS) they are copied, which waits. Neither the model nor the optimizer is
    changed or kept alive. The run ends with `Scope.close()`, with the optimizer, or with the program, whichever comes first, and
    with a look at the parameters as they are then.

    model: several go into one `torch.nn.ModuleDict`, or are watched by one call each.
    optimizer: or several, say one per parameter: a step is counted when all have stepped. None: `scope.tick()` counts.
    run: the run file; None means runs/<script>-<time>.furca. An existing file is left alone: the run gets a numbered sibling.
    step: how many updates there have been already, of a training that goes on.
    every: beyond step 16, up to which every step is looked at: look after every so many steps; "log" for steps 32, 64, … 512
        and then every 1000th; or a function that is given the step and says whether.
    budget: the share of wall time that may go into looking. While a look at everything costs no more than a step takes, looks are
        left out to keep to it; when it costs more, tensors take turns, and large ones are sampled. Fork tests have a cadence of
        their own: a tensor tested at step s is tested again at s + s/64. The run file says what was seen when and how, the
        report what it cost. 0: no limit, everything at each step.
    overlap: read the parameters beside the next forward and backward pass, with the library's own threads, and wait for the end
        just before the optimizer writes to them. What is asked meanwhile is answered from the look before. A look is dropped, and
        the report says why, if the memory changes meanwhile. Only the waiting counts for the budget: with processors to spare
        it is next to nothing; where training keeps all of them busy, the reading slows it down as much as ever.
    alpha: the chance that the whole run reports any fork that is not there.
    threads: how many threads read the parameters, the training loop's own included; 0: one per processor, at most 4.
    resume: go on with the run file if there is one, as after a crash. With `step`, or `Scope.rewind(step)`, it goes on from that
        step, and what it had later is kept as superseded; otherwise steps count on from its last. A tensor that has another
        shape or dtype than in the run is refused.
    max_size: bytes that the run file stays below: old looks are thinned, as Sources/RunFile/SCHEMA.md says. 0: no limit.
    sketch_error: the relative error of quantiles of the sketches in the run file, from 1/256 (some 6 KiB each) to 1/8.
    paths: how many elements of each parameter are followed one by one, see `Paths`; 0 for none. Nothing is followed in shards that
        several ranks merge: sketches have no order of elements.
    seed: of the random choice of those elements.
    groups: unions of parameters that are looked at like one, by name, each with a pattern of its members' names: {"gains":
        "*.ln?.weight", "model": "*"}. They are `scope["group:gains"]` and so on, and have forks like any parameter; see
        `Session.group`. Gradients and the like are in none.
    include, exclude: patterns of parameter names, "blocks.*.bias"; None: include all, exclude none.
    gradients: look at each gradient too, as `<parameter>.grad`, just before the optimizer uses it.
    optimizer_state: look at what the optimizer keeps too, as `<parameter>.exp_avg`, `<parameter>.exp_avg_sq`, ….
    updates: look at what each step changed too, as `<parameter>.update`, and log `<parameter>.update_ratio` and
        `<parameter>.unchanged`, see `Updates`. Needs memory for one more copy of the watched parameters.
    scaler: a gradient scaler, so that the report can say how many steps it skipped: of an optimizer that is not fused nothing else
        tells. Accelerate's, and those of the callbacks, are found without.
    ranks: how the processes of torch.distributed share the run. "replicas": rank 0's parameters are looked at, and compared with
        the others' now and then. "shards": each rank sketches its shards (of DTensors), and rank 0 merges the sketches into
        those of the whole tensors, in a thread; all ranks must watch, and they look at steps that no budget decides. "files":
        each rank writes a run of its own, <run>.rank<n>.furca, for `furca.merge`; nothing is sent. "auto": shards if
        parameters are DTensors, replicas under DistributedDataParallel, else files.
    on_event: called with each fork, and other events, in the training loop right after the look. What it raises goes up to the
        loop: so it may end the training.
    verbose: print forks as they happen.

    Raises ArgumentError if no parameter can be watched, or if overlap is asked for where nothing says when the parameters are
    written to, FileError if the run file cannot be written.
    """
    if not hasattr(model, "named_parameters"):
        raise ArgumentError(f"a {type(model).__name__} is no torch.nn.Module: it has no named_parameters")
    cadence(every)
    trainers = unwrapped(optimizer)
    know_stretches(model)
    if (gradients or optimizer_state or updates) and any(stretch_of(p) is not None for p in model.parameters()):
        raise ArgumentError(
            "of FullyShardedDataParallel only the parameters are watched, not gradients, optimizer_state or updates: leave them "
            "out, or use fully_shard"
        )
    selection = select(model, include, exclude)
    if trainers and (stranger := strangers(model, trainers)) is not None:
        selection.gaps.append(stranger)

    path = _default_path() if run is None else Path(run)
    if overlap:
        refuse_unguarded(model, trainers, is_shared(ranks, model))
    options = {"alpha": alpha, "budget": budget, "threads": threads, "resume": resume, "max_size": max_size}
    options |= {"paths": paths, "seed": seed}
    # What stands for a session where several processes train has the methods of one that are used here.
    session: Any = session_of(ranks, model, path, {**options, "sketch_error": sketch_error})
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
    for name, pattern in (groups or {}).items():
        session.group(name, pattern)
    scope = Scope(session, Optimizers(trainers, scaler or scaler_of(optimizer)), step=step, every=every, verbose=verbose, on_event=on_event)
    scope.begin(
        Roster(session, model, selection, scope.note, include=include, exclude=exclude),
        Companions(session, scope.observer.observe, gradients=gradients, optimizer_state=optimizer_state, updates=updates),
        Overlap(session) if overlap else None,
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
