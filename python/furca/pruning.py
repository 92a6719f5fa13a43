"""Magnitude pruning by thresholds that are read off the sketches of a run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, NamedTuple, Union

from .errors import ArgumentError
from .run import Run
from .sparsity import Sparsity

if TYPE_CHECKING:
    import torch

    from .sketch import Sketch
    from .watching import Scope
    from .watching.parameters import Patterns


class Pruned(NamedTuple):
    """What was done to a parameter."""

    threshold: float
    """Elements of at most this magnitude are zero now."""
    sparsity: float
    """The share of its elements that are zero now."""


def prune(
    model: torch.nn.Module,
    run: Union[Run, Scope, str, os.PathLike[str]],
    sparsity: float,
    *,
    by: Literal["tensor", "global"] = "tensor",
    step: int | None = None,
    include: Patterns = None,
    exclude: Patterns = None,
) -> dict[str, Pruned]:
    """Sets the smallest elements of a model's parameters to zero, in place.

    Nothing is sorted: the thresholds come from the sketches of the run, and each parameter is written once.

    run: what was seen of the parameters; a run, its file, or the scope that `watch` returned.
    sparsity: the share of the elements to remove, 0 to 1.
    by: "tensor", a threshold for each, so that each loses this share; or "global", one threshold for all together.
    step: take the thresholds from the last distribution kept at or before this step; None: from the last of all.
    include, exclude: patterns of parameter names, as in `watch`. Parameters of less than two dimensions, biases and norms, are
        left as they are unless `include` names them.

    Returns what was done to each parameter, by name. Raises UnknownError if one is not in the run.
    """
    import torch

    from .watching.parameters import select

    if not 0 <= sparsity <= 1:
        raise ArgumentError(f"sparsity is {sparsity}: it is a share from 0 to 1")
    if by not in ("tensor", "global"):
        raise ArgumentError(f'by is {by!r}: it must be "tensor" or "global"')
    reader = _reader(run)
    chosen = [
        (name, parameter)
        for name, parameter in select(model, include, exclude).parameters
        if include is not None or parameter.dim() > 1
    ]
    sketches = {name: reader[name].sketch(step) for name, _ in chosen}
    for name, parameter in chosen:
        if sketches[name].stats.count != parameter.numel():
            raise ArgumentError(
                f"{name} has {parameter.numel()} elements in the model and {sketches[name].stats.count} in the run"
            )
    together = _threshold(sparsity, *sketches.values()) if by == "global" and sketches else None
    done = {}
    for name, parameter in chosen:
        threshold = _threshold(sparsity, sketches[name]) if together is None else together
        with torch.no_grad():
            # "Not larger" keeps NaN, which no pruning should hide.
            parameter.masked_fill_(parameter.abs() <= threshold, 0)
            done[name] = Pruned(threshold, float((parameter == 0).double().mean()))
    return done


def _threshold(sparsity: float, *sketches: Sketch) -> float:
    """Of the whole number of elements next to the share asked for."""
    count = sum(sketch.stats.finite for sketch in sketches)
    removed = round(sparsity * count)
    return Sparsity.of(*sketches).threshold(removed / count) if removed else 0.0


def _reader(run: Union[Run, Scope, str, os.PathLike[str]]) -> Run:
    if isinstance(run, Run):
        return run
    return run.run if hasattr(run, "run") else Run(run)
