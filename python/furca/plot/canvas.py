"""What the pictures are drawn on: axes of their own or the caller's, steps along them, and the file they go to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError
from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def check_step_axis(name: str) -> None:
    if name not in ("log", "linear"):
        raise ArgumentError(f'step_axis is {name!r}: it must be "log" or "linear"')


def axes_for(ax: Axes | None, step_axis: str, *, size: tuple[float, float] = style.SIZE, detached: bool) -> Axes:
    """`ax`, or axes of a new figure, with an axis of steps. A detached figure is not kept open by pyplot: it only goes into a
    file."""
    check_step_axis(step_axis)
    if ax is None:
        if detached:
            from matplotlib.figure import Figure

            ax = Figure(figsize=size).add_subplot()
        else:
            from matplotlib import pyplot

            ax = pyplot.figure(figsize=size).add_subplot()
    style.step_axis(ax, log=step_axis == "log")
    return ax


def save_to(ax: Axes, path: str | os.PathLike[str] | None) -> None:
    """Writes the whole figure to a file; None: nothing is written."""
    if path is not None:
        figure: Any = ax.figure.figure  # The whole of it, also if the axes are in a part.
        figure.savefig(path, dpi=200, bbox_inches="tight")


def along(ax: Axes, steps: Any) -> np.ndarray:
    """Where steps are along the axis, in its own scale."""
    places: np.ndarray = ax.xaxis.get_transform().transform(np.asarray(steps, dtype=float))
    return places


def steps_at(ax: Axes, places: Any) -> np.ndarray:
    """The inverse of `along`."""
    steps: np.ndarray = ax.xaxis.get_transform().inverted().transform(np.asarray(places, dtype=float))
    return steps


def spread(ax: Axes, steps: np.ndarray, count: int) -> np.ndarray:
    """At most about `count` of the steps, evenly spread along the axis, the first and the last among them."""
    if steps.size <= count:
        return steps
    places = along(ax, steps)
    cell = np.floor((places - places[0]) / (places[-1] - places[0]) * count)
    last_of_cell = np.append(cell[1:] != cell[:-1], True)
    last_of_cell[0] = True
    kept: np.ndarray = steps[last_of_cell]
    return kept
