"""How the pictures look: their colours, and where their words go."""

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
TRUNK = "#a9b8c3"
GROUND = "#f2f5f7"

#: Of a forked stretch, by the label of its fork.
LABELS = {"optimizer": "#e2a33d", "learned": BRANCH, "lattice": "#7a68b3", "pruned": "#1f9a8a", None: "#5f6f7c"}
#: What the labels mean, for a stranger.
MEANINGS = {
    "optimizer": "forked by the optimiser's first updates",
    "learned": "forked by learning",
    "lattice": "evenly spaced values",
    "pruned": "forked by pruning",
    None: "forked",
}

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


def tree_width(mass: float) -> float:
    """Of a tree's branch of this mass, in points."""
    return 0.8 + 7 * mass


def label_colour(label: str | None) -> str:
    return LABELS.get(label, LABELS[None])


def label_legend(ax: Axes, labels: Sequence[str | None]) -> None:
    """Below the axes, what the colours of the branches mean."""
    from matplotlib.patches import Patch

    found = [label for label in LABELS if label in labels]
    handles = [Patch(color=TRUNK, label="one mode"), *(Patch(color=LABELS[one], label=MEANINGS[one]) for one in found)]
    legend_below(ax, handles)


def legend_below(ax: Axes, handles: Sequence[Any]) -> None:
    """A legend in one line, or as few as are needed, under the axis of steps."""
    from matplotlib.transforms import ScaledTranslation

    figure: Any = ax.figure.figure
    ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes + ScaledTranslation(0, -38 / 72, figure.dpi_scale_trans),
        borderaxespad=0,
        borderpad=0,
        ncol=4,
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
        handlelength=1.2,
        columnspacing=1.4,
    )


#: How an event is marked: a matplotlib marker, its colour (None: that of its label), its size, and what it means.
MARKS: dict[str, tuple[str, str | None, float, str]] = {
    "split": (">", None, 1.0, "split"),
    "merge": ("<", INK, 0.8, "merge"),
    "birth": (">", None, 0.6, "birth of a minor branch"),
    "death": ("<", INK, 0.5, "its death"),
    "established": ("*", BRANCH, 1.5, "established as learned"),
    "turn": ("D", BRANCH, 0.7, "turned to another axis"),
    "release": ("o", FAINT, 0.6, "no longer constant"),
    "frozen": ("s", "#2f7fd1", 0.8, "frozen"),
    "nonfinite": ("X", "#000000", 1.2, "NaN or infinity"),
}


def mark_events(ax: Axes, events: Sequence[tuple[int, ForkEvent, float]]) -> list[str]:
    """Marks events in their rows, each in a size in points. Returns the kinds there are."""
    kinds = [kind for kind in MARKS if any(event.kind == kind for _, event, _ in events)]
    for kind in kinds:
        marker, colour, scale, _ = MARKS[kind]
        found = [(row, event, size) for row, event, size in events if event.kind == kind]
        ax.scatter(
            [event.step for _, event, _ in found],
            [row for row, _, _ in found],
            s=[(max(size, 3.2) * scale) ** 2 for _, _, size in found],
            marker=marker,
            c=[colour or label_colour(event.label) for _, event, _ in found],
            edgecolors=CASING,
            linewidths=0.4,
            zorder=3 + scale / 10,
        )
    return kinds


def timeline_legend(ax: Axes, labels: set[str | None], kinds: Sequence[str]) -> None:
    """Below the axes, what the colours and the marks mean."""
    from matplotlib.lines import Line2D

    def line(colour: str, width: float, words: str) -> Any:
        return Line2D([], [], color=colour, linewidth=width, label=words)

    handles = [line(TRUNK, 0.8, "one mode")]
    handles += [line(LABELS[one], 5, MEANINGS[one]) for one in LABELS if one in labels]
    if labels:
        handles.append(line(FAINT, 1.6, "began or ended somewhere here"))
    for kind in kinds:
        marker, colour, scale, words = MARKS[kind]
        handles.append(
            Line2D([], [], linestyle="", marker=marker, color=colour or FAINT, markersize=6 * scale**0.5, label=words)
        )
    legend_below(ax, handles)


def timeline_title(ax: Axes, name: str, tensors: int, last: int) -> None:
    ax.set_title(name, loc="left", fontweight="bold", color=INK)
    ax.set_title(f"{tensors:,} tensors up to step {last:,}", loc="right", fontsize=9, color=FAINT)
    ax.tick_params(axis="x", colors=INK, labelsize=9)
    ax.xaxis.label.set_color(INK)


def name_rows(ax: Axes, heights: Sequence[float], names: Sequence[str], size: float) -> None:
    """Names on the left of rows."""
    ax.set_yticks(list(heights), names)
    ax.tick_params(axis="y", length=0, labelsize=size, colors=INK)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)


def name_on_the_right(ax: Axes, rows: Sequence[int], names: Sequence[str], pitch: float) -> None:
    """Names on the right of some rows, pushed down where they would touch, with a fine line to their rows."""
    low = -1e9
    for row, name in zip(rows, names):
        low = max(row, low + 8.5 / pitch)
        ax.annotate(
            name,
            xy=(1, row),
            xycoords=ax.get_yaxis_transform(),
            xytext=(14, (row - low) * pitch),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color=INK,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0, "relpos": (0, 0.5)},
        )


def colour_bar(ax: Axes, mesh: Any) -> None:
    """What the colours mean."""
    bar = ax.figure.colorbar(mesh, ax=ax, fraction=0.028, pad=0.075, ticks=[0, 0.5, 1])
    bar.set_label("density, relative to the step's highest", color=INK, fontsize=9)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=8, colors=INK)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def label_branches(ax: Axes, branches: Sequence[Branch], colours: Mapping[int, str]) -> None:
    """The masses of the last look's branches, beside their ends."""
    label_ends(
        ax,
        [branch.position for branch in branches],
        [f"{branch.mass:.0%}" for branch in branches],
        [branch_colour(branch, colours, forked=True) for branch in branches],
    )


def label_ends(ax: Axes, heights: Sequence[float], words: Sequence[str], colours: Sequence[str]) -> None:
    """Words beside the ends of branches, which ascend; pushed apart where they would touch. Of very many some go without."""
    low, high = ax.get_ylim()
    gap = 0.042 * (high - low)
    every = 1 + len(heights) // 24
    heights = list(heights[::every])
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    for text, height, colour in zip(words[::every], heights, colours[::every]):
        ax.annotate(
            text,
            xy=(1, height),
            xycoords=ax.get_yaxis_transform(),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=colour,
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


def title(ax: Axes, tensor: Any, above: int, drawn: str = "") -> None:
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
