"""The garden: how a tensor's values are distributed over the training, and the paths where they fork."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np

from ..errors import EmptyError
from ..events import ForkEvent
from . import style
from .canvas import along, axes_for, check_step_axis, save_to, spread, steps_at
from .density import Look, density, value_edges
from .lineage import links
from .walks import draw_paths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..paths import Paths
    from ..run_tensor import RunTensor

#: At most so many looks are drawn: more than a picture this wide can show.
COLUMNS = 480
BINS = 280


def garden(
    tensor: RunTensor,
    forks: Sequence[ForkEvent],
    ax: Axes | None = None,
    step_axis: str = "log",
    save: str | os.PathLike[str] | None = None,
    paths: Paths | None = None,
    walkers: int = 0,
) -> Axes:
    """Draws the density of a tensor's values over the steps, its branches and its forks; see `Plots.garden`.

    paths: of single elements, of which `walkers` are drawn.
    """
    check_step_axis(step_axis)
    if tensor.sketch_steps.size == 0:
        raise EmptyError(f"no distribution of {tensor.name} has been kept yet")
    ax = axes_for(ax, step_axis, detached=save is not None)
    steps = spread(ax, tensor.sketch_steps, COLUMNS)
    looks = [Look(int(step), tensor.sketch(int(step)), tensor.branches(int(step))) for step in steps]

    _draw_density(ax, looks, style.colours(pale=paths is not None))
    colours = {} if paths is None else draw_paths(ax, paths, walkers)
    _draw_branches(ax, looks, colours)
    ax.set_xlabel("training step")
    ax.set_ylabel("value")
    rows = style.label_forks(ax, forks)
    style.title(ax, tensor, above=rows, drawn="" if paths is None else f"; {min(walkers, paths.indices.size):,} drawn")
    save_to(ax, save)
    return ax


def _draw_density(ax: Axes, looks: Sequence[Look], colours: Any) -> None:
    """One column a look, reaching half-way to its neighbours; each column relative to its densest value."""
    values = value_edges(looks, BINS)
    columns = np.array([density(look, values) for look in looks]).T
    peaks = columns.max(axis=0)
    columns = np.divide(columns, peaks, out=np.zeros_like(columns), where=peaks > 0)

    places = along(ax, [look.step for look in looks])
    gaps = np.diff(places) if places.size > 1 else np.ones(1)
    inner = places[:-1] + gaps[: places.size - 1] / 2
    steps = steps_at(ax, np.concatenate([[places[0] - gaps[0] / 2], inner, [places[-1] + gaps[-1] / 2]]))

    mesh = ax.pcolormesh(steps, values, columns, cmap=colours, vmin=0, vmax=1, rasterized=True)
    ax.set_xlim(steps[0], steps[-1])
    ax.set_ylim(values[0], values[-1])
    style.colour_bar(ax, mesh)


def _draw_branches(ax: Axes, looks: Sequence[Look], colours: Mapping[int, str]) -> None:
    """The branches as lines through their medians, as wide as their masses; the trunk is a line of its own width.

    colours: of branches, by name, where single elements are drawn in those colours; the trunk then has ink's.
    """
    from matplotlib.collections import LineCollection

    segments: list[Any] = []
    widths: list[float] = []
    shades: list[str] = []
    for before, after in zip(looks, looks[1:]):
        for parent, child in links(before.branches, after.branches):
            segments.append([(before.step, parent.position), (after.step, child.position)])
            forked = len(after.branches) > 1
            widths.append(style.line_width(child.mass, forked))
            shades.append(style.branch_colour(child, colours, forked))
    for shade, extra in ((style.CASING, 1.6), (shades, 0.0)):
        wide = [width + extra for width in widths]
        lines = LineCollection(segments, colors=shade, linewidths=wide, capstyle="round", zorder=2.5)
        ax.add_collection(lines, autolim=False)
    if len(looks[-1].branches) > 1:
        style.label_branches(ax, looks[-1].branches, colours)
