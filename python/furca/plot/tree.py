"""The tree: which branch of a tensor sprang from which, over the steps."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple, Sequence

import numpy as np

from ..errors import ArgumentError, EmptyError
from ..events import ForkEvent
from ..modes import Branch
from ..tree import shares
from . import style
from .canvas import along, axes_for, check_step_axis, save_to, spread, steps_at
from .lineage import links
from .stretches import label_at, stretches

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..run_tensor import RunTensor

#: At most so many looks are drawn, beside those at which something happened.
COLUMNS = 480
#: How much of the picture's height a branch that holds all values takes.
TRUNK = 0.22
#: Points on the curve from one look to the next.
CURVE = 24


class _Look(NamedTuple):
    step: int
    branches: Sequence[Branch]


def tree(
    tensor: RunTensor,
    forks: Sequence[ForkEvent],
    ax: Axes | None = None,
    step_axis: str = "log",
    position: str = "share",
    save: str | os.PathLike[str] | None = None,
) -> Axes:
    """Draws the branches of a tensor over the steps; see `Plots.tree`."""
    check_step_axis(step_axis)
    if position not in ("share", "value"):
        raise ArgumentError(f'position is {position!r}: it must be "share" or "value"')
    if tensor.steps.size == 0:
        raise EmptyError(f"{tensor.name} has not been looked at yet")
    seen = tensor.steps[np.isfinite(tensor.history("min"))]
    if seen.size == 0:
        raise EmptyError(f"{tensor.name} has had no finite value yet")
    ax = axes_for(ax, step_axis, detached=save is not None)
    steps = np.union1d(spread(ax, seen, COLUMNS), np.intersect1d(seen, [fork.step for fork in forks]))
    looks = [_Look(int(step), tensor.branches(int(step))) for step in steps]
    why = list(stretches(forks, int(seen[-1])))

    ax.set_xlim(*_limits(ax, [look.step for look in looks]))
    if position == "share":
        heights = _draw_bands(ax, looks, why)
        ax.set_ylim(-0.03, 1.03)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.set_ylabel("branches in the order of their values,\nas wide as their share of them")
    else:
        heights = _draw_lines(ax, looks, why)
        ax.set_ylabel("value")
    ax.set_xlabel("training step")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    style.label_ends(ax, heights, _words(looks[-1].branches), [_colour(looks[-1], looks[-1], why)] * len(heights))
    style.label_legend(ax, [stretch.label for stretch in why])
    rows = style.label_forks(ax, forks)
    style.title(ax, tensor, above=rows)
    save_to(ax, save)
    return ax


def _limits(ax: Axes, steps: Sequence[int]) -> tuple[float, float]:
    places = along(ax, [steps[0], steps[-1]])
    margin = 0.02 * (places[1] - places[0]) or 1.0
    low, high = steps_at(ax, [places[0] - margin, places[1] + margin])
    return float(low), float(high)


def _words(branches: Sequence[Branch]) -> list[str]:
    """What is written beside the ends of branches: their masses and medians, in as many digits as tell them apart."""
    for digits in range(3, 10):
        places = [f"{branch.position:.{digits}g}" for branch in branches]
        if len(set(places)) == len(places):
            break
    return [f"{branch.mass:.0%} at {place}" for branch, place in zip(branches, places)]


def _colour(before: _Look, after: _Look, why: Sequence[Any]) -> str:
    if max(len(before.branches), len(after.branches)) < 2:
        return style.TRUNK if before is not after else style.INK
    return style.label_colour(label_at(why, before.step if len(before.branches) > 1 else after.step))


def _draw_bands(ax: Axes, looks: Sequence[_Look], why: Sequence[Any]) -> list[float]:
    """Every branch a band about the middle of its share, as wide as its mass; where they part and meet the bands do. Returns the
    heights of the last look's branches."""
    from matplotlib.collections import PolyCollection

    polygons: list[np.ndarray] = []
    colours: list[str] = []
    ease = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, CURVE))
    for before, after in zip(looks, looks[1:]):
        ends = along(ax, [before.step, after.step])
        steps = steps_at(ax, np.linspace(*ends, CURVE))
        for left, right in _flows(before.branches, after.branches):
            lower = left[0] + (right[0] - left[0]) * ease
            upper = left[1] + (right[1] - left[1]) * ease
            polygons.append(np.column_stack([np.append(steps, steps[::-1]), np.append(lower, upper[::-1])]))
            colours.append(_colour(before, after, why))
    # The edge, of the same colour, closes the hair's breadth between one look and the next.
    ax.add_collection(PolyCollection(polygons, facecolors=colours, edgecolors=colours, linewidths=0.4), autolim=False)
    return [(low + high) / 2 for low, high in shares(looks[-1].branches)]


def _flows(
    before: Sequence[Branch], after: Sequence[Branch]
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Of each branch that becomes another, which part of the band it leaves and which part it enters."""
    pairs = list(links(before, after))
    left = _portions([parent for parent, _ in pairs], before, [child.mass for _, child in pairs])
    right = _portions([child for _, child in pairs], after, [parent.mass for parent, _ in pairs])
    yield from zip(left, right)


def _portions(chosen: Sequence[Branch], branches: Sequence[Branch], weights: Sequence[float]) -> list[tuple[float, float]]:
    """The bands of branches; a branch that is there several times is divided among them by weight, from below."""
    bands = [
        ((low + high) / 2 - TRUNK * (high - low) / 2, TRUNK * (high - low)) for low, high in shares(branches)
    ]
    used = [0.0] * len(branches)
    portions = []
    places = [next(i for i, branch in enumerate(branches) if branch is one) for one in chosen]
    totals = [sum(w for w, other in zip(weights, places) if other == place) or 1.0 for place in range(len(branches))]
    for place, weight in zip(places, weights):
        low, height = bands[place]
        part = weight / totals[place]
        portions.append((low + height * used[place], low + height * (used[place] + part)))
        used[place] += part
    return portions


def _draw_lines(ax: Axes, looks: Sequence[_Look], why: Sequence[Any]) -> list[float]:
    """Every branch a line through its medians, as wide as its mass."""
    from matplotlib.collections import LineCollection

    segments: list[Any] = []
    widths: list[float] = []
    colours: list[str] = []
    for before, after in zip(looks, looks[1:]):
        for parent, child in links(before.branches, after.branches):
            segments.append([(before.step, parent.position), (after.step, child.position)])
            widths.append(style.tree_width(child.mass if len(after.branches) >= len(before.branches) else parent.mass))
            colours.append(_colour(before, after, why))
    ax.add_collection(LineCollection(segments, colors=colours, linewidths=widths, capstyle="round"), autolim=False)
    values = np.array([branch.position for look in looks for branch in look.branches])
    margin = 0.08 * (values.max() - values.min()) or 0.05 * abs(values.max()) or 1.0
    ax.set_ylim(values.min() - margin, values.max() + margin)
    return [branch.position for branch in looks[-1].branches]
