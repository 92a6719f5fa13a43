"""How the garden looks: its colours, and where its words go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np

from ..events import ForkEvent
from ..modes import Branch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (9.0, 5.0)
BRANCH = "#d8442e"
CASING = "#ffffff"
INK = "#1f2d3a"
FAINT = "#7b8794"

_ROW = 13.0  # points from one row of fork labels to the next


#: Of the branches that single elements end in, from the lowest up: far apart in hue, and to who sees no red or green.
PATHS = ("#c8321f", "#5b2a86", "#d98e04", "#0b6e4f", "#b0387a", "#3d3d3d")


def colours(pale: bool = False) -> Any:
    """White where no values are, then green and blue into the dark: even steps of lightness. `pale`: greys to be drawn upon."""
    import matplotlib
    from matplotlib.colors import LinearSegmentedColormap

    if pale:
        return LinearSegmentedColormap.from_list("mist", ["#ffffff", "#e3eaf0", "#c3d0da", "#93a7b7"])
    body = matplotlib.colormaps["GnBu"](np.linspace(0.12, 1.0, 24))
    return LinearSegmentedColormap.from_list("garden", ["#ffffff", *body, "#05264d"])


def branch_colours(count: int) -> list[str]:
    """Of so many branches, from the lowest up."""
    return [PATHS[i % len(PATHS)] for i in range(count)]


def branch_colour(branch: Branch, known: Mapping[int, str], forked: bool) -> str:
    """Of a branch's line: its own where single elements are drawn in the branches' colours."""
    return known.get(branch.name, FAINT) if known and forked else INK if known else BRANCH


def path_opacity(count: int) -> float:
    """Of one of so many lines."""
    return float(np.clip(6 / max(count, 1) ** 0.5, 0.25, 0.8))


def line_width(mass: float, forked: bool) -> float:
    """Of a branch of this mass, in points."""
    return 0.7 + 2.4 * mass if forked else 1.0


def colour_bar(ax: Axes, mesh: Any) -> None:
    """What the colours mean."""
    bar = ax.figure.colorbar(mesh, ax=ax, fraction=0.028, pad=0.075, ticks=[0, 0.5, 1])
    bar.set_label("density, relative to the step's highest", color=INK, fontsize=9)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=8, colors=INK)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def label_branches(ax: Axes, branches: Sequence[Branch], colours: Mapping[int, str]) -> None:
    """The masses of the last look's branches, beside their ends; pushed apart where they would touch."""
    low, high = ax.get_ylim()
    gap = 0.042 * (high - low)
    heights = [branch.position for branch in branches]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    for branch, height in zip(branches, heights):
        ax.annotate(
            f"{branch.mass:.0%}",
            xy=(1, height),
            xycoords=ax.get_yaxis_transform(),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=branch_colour(branch, colours, forked=True),
            fontsize=9,
            annotation_clip=False,
        )


def label_forks(ax: Axes, forks: Sequence[ForkEvent]) -> int:
    """A fine vertical line at each event, and its name above the axes, in as many rows as they need. Returns how many."""
    placed: list[tuple[float, int]] = []  # Where each label begins, in pixels, and its row; from right to left.
    for fork in sorted(forks, key=lambda fork: fork.step, reverse=True):
        colour = BRANCH if fork.label == "learned" or fork.kind == "nonfinite" else FAINT
        ax.axvline(fork.step, color=colour, linewidth=0.8, linestyle=(0, (1, 2.5)), zorder=1.5)
        text = _above(ax, fork.step, _words(fork), colour, ha="left", va="bottom", fontsize=8.5)
        extent = text.get_window_extent()
        # Higher than every label it would touch: so no line from a label down to the axes crosses another label.
        row = max((row + 1 for begin, row in placed if begin < extent.x1 + 8), default=0)
        placed.append((extent.x0, row))
        text.xyann = (-1, 4 + row * _ROW)
        leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
        _above(ax, fork.step, "", colour, arrowprops=leader).xyann = (0, 4 + row * _ROW)
    return 1 + max((row for _, row in placed), default=-1)


def _above(ax: Axes, step: float, words: str, colour: str, **options: Any) -> Any:
    """A text over the axes' upper edge, at a step."""
    return ax.annotate(
        words,
        xy=(step, 1),
        xycoords=ax.get_xaxis_transform(),
        xytext=(0, 4),
        textcoords="offset points",
        color=colour,
        annotation_clip=False,
        **options,
    )


def _words(fork: ForkEvent) -> str:
    if fork.kind == "split" and fork.label is not None:
        return f"split ({fork.label})"
    return {"established": "established: learned", "nonfinite": "NaN or infinity"}.get(fork.kind, fork.kind)


def title(ax: Axes, tensor: Any, above: int, drawn: str) -> None:
    """The tensor's name and size, and what is `drawn` of it, above `above` rows of labels."""
    height = 10 + above * _ROW
    ax.set_title(tensor.name, loc="left", fontweight="bold", color=INK, pad=height)
    ax.set_title(f"{_size(tensor.shape)}, {tensor.dtype}{drawn}", loc="right", fontsize=9, color=FAINT, pad=height)
    ax.tick_params(colors=INK, labelsize=9)
    ax.xaxis.label.set_color(INK)
    ax.yaxis.label.set_color(INK)


def _size(shape: Sequence[int]) -> str:
    if len(shape) > 1:
        return " × ".join(f"{extent:,}" for extent in shape)
    return f"{shape[0]:,} values" if shape else "1 value"


def step_axis(ax: Axes, log: bool) -> None:
    """An axis of steps; on a logarithmic one step 0 has a place too."""
    from matplotlib.ticker import FuncFormatter

    if log:
        ax.set_xscale("symlog", linthresh=1, linscale=0.4, subs=range(2, 10))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,g}" if step >= 0 else ""))
