"""The paths of single elements over the garden, coloured by the branch they end in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..paths import Paths
from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: How many elements are drawn unless a number is asked for.
WALKERS = 160


def draw_paths(ax: Axes, paths: Paths, count: int) -> dict[int, str]:
    """Draws `count` of the elements as thin lines. Returns the colour of each branch, by its name.

    The colour is that of the branch that an element is in at the last look at which there were two or more.
    """
    from matplotlib.collections import LineCollection

    ends = _ends(paths)
    names = [int(name) for name in np.unique(ends) if name >= 0]
    # By height, so that neighbours in the picture differ most.
    last = paths.values[-1]
    names.sort(key=lambda name: float(np.nanmedian(np.where(ends == name, last, np.nan))))
    colours = dict(zip(names, style.branch_colours(len(names))))
    chosen = _chosen(paths.values[-1], count)
    lines = [np.column_stack([paths.steps, paths.values[:, element]]) for element in chosen]
    shades = [colours.get(int(ends[element]), style.FAINT) for element in chosen]
    order = np.random.default_rng(0).permutation(len(lines))  # No branch lies over the others.
    options: Any = {"linewidths": 0.7, "alpha": style.path_opacity(len(lines)), "capstyle": "round", "zorder": 2.2}
    ax.add_collection(
        LineCollection([lines[i] for i in order], colors=[shades[i] for i in order], **options), autolim=False
    )
    return colours


def _ends(paths: Paths) -> np.ndarray:
    """The name of the branch in which each element ends."""
    for names in paths.branches[::-1]:
        if np.unique(names[names >= 0]).size > 1:
            return names
    return paths.branches[-1]


def _chosen(values: np.ndarray, count: int) -> np.ndarray:
    """Elements evenly spread over the ranks of their last values, so that each branch has its share of the lines."""
    ranked = np.argsort(values, kind="stable")[: np.isfinite(values).sum()]
    if ranked.size <= count:
        return ranked
    return ranked[((np.arange(count) + 0.5) / count * ranked.size).astype(int)]
