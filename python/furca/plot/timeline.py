"""The timeline: all tensors of a run, when they were forked and why, and what happened to them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple, Sequence

import numpy as np

from ..errors import EmptyError
from ..events import ForkEvent
from . import style
from .canvas import axes_for, check_step_axis, save_to
from .stretches import Stretch, stretches

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..run import Run

#: Up to so many tensors all have their names beside them.
NAMED = 100
#: What is forked by more than the optimiser's first updates is at least so many points thick, however many tensors there are.
SEEN = 3.2


class Row(NamedTuple):
    """A tensor in the picture."""

    name: str
    layer: str
    first: int
    last: int
    events: Sequence[ForkEvent]


def timeline(
    run: Run, ax: Axes | None = None, step_axis: str = "log", save: str | os.PathLike[str] | None = None
) -> Axes:
    """Draws all tensors over the steps; see `Plots.timeline`."""
    check_step_axis(step_axis)
    rows = rows_of(run)
    if not rows:
        raise EmptyError(f"no tensor has been looked at yet in {run.path}")
    size = (style.SIZE[0] + 1, float(np.clip(0.16 * len(rows), 2.2, 14.0)))
    ax = axes_for(ax, step_axis, size=size, detached=save is not None)
    first, last = min(row.first for row in rows), max(row.last for row in rows)
    ax.set_xlim(first - 0.12 if step_axis == "log" else first, max(last, first + 1) * (1.06 if step_axis == "log" else 1.01))
    ax.set_ylim(len(rows) - 0.4, -0.6)

    _shade_layers(ax, rows)
    pitch = _points_per_row(ax, len(rows))
    _draw_rows(ax, rows, thickness=0.62 * pitch)
    events = [(place, event) for place, row in enumerate(rows) for event in row.events]
    kinds = style.mark_events(ax, [(*one, 0.9 * pitch if not is_telling(one[1]) else max(0.9 * pitch, 6)) for one in events])
    if len(rows) <= NAMED:
        style.name_rows(ax, range(len(rows)), [row.name for row in rows], min(8.5, 0.78 * pitch))
    else:
        _name_layers(ax, rows)
        told = [place for place, row in enumerate(rows) if any(is_telling(event) for event in row.events)]
        style.name_on_the_right(ax, told, [rows[place].name for place in told], pitch)
    ax.set_xlabel("training step")
    labels = {stretch.label for row in rows for stretch in stretches(row.events, row.last)}
    style.timeline_legend(ax, labels, kinds)
    style.timeline_title(ax, os.path.basename(run.path), len(rows), last)
    save_to(ax, save)
    return ax


def rows_of(run: Run) -> list[Row]:
    """The tensors that were looked at, in the order in which the run knows them, those of one layer together and the layers of a
    stack by number."""
    events: dict[str, list[ForkEvent]] = {}
    for event in run.forks():
        events.setdefault(event.tensor, []).append(event)
    rows = []
    for name in run.tensors:
        ends = [
            run.sql(f"select step from stats where tensor = ? order by step {order} limit 1", name)
            for order in ("asc", "desc")
        ]
        if ends[0]:
            rows.append(Row(name, layer_of(name), ends[0][0].step, ends[1][0].step, events.get(name, [])))
    return _by_layer(rows)


def layer_of(name: str) -> str:
    """What a tensor belongs to, by its name: "h.3" of "h.3.attn.weight", "lnf" of "lnf.bias", "model.norm" of
    "model.norm.weight"."""
    numbered = re.match(r"(.*?(?:^|\.)\d+)(?:\.|$)", name)
    if numbered:
        return numbered.group(1)
    return name.rpartition(".")[0] or name


def _by_layer(rows: Sequence[Row]) -> list[Row]:
    stacks: dict[str, int] = {}
    layers: dict[str, int] = {}

    def place(row: Row) -> tuple[int, int, int]:
        stack, _, number = row.layer.rpartition(".")
        is_numbered = number.isdigit()
        stack_place = stacks.setdefault(stack if is_numbered else row.layer + " ", len(stacks))
        return stack_place, int(number) if is_numbered else 0, layers.setdefault(row.layer, len(layers))

    return sorted(rows, key=place)


def is_telling(event: ForkEvent) -> bool:
    """Whether it is more than what happens to every tensor that starts constant."""
    return event.label in ("learned", "pruned", "lattice") or event.kind in ("nonfinite", "frozen")


def _points_per_row(ax: Axes, count: int) -> float:
    figure: Any = ax.figure.figure
    return float(ax.get_position().height * figure.get_size_inches()[1] * 72 / count)


def _shade_layers(ax: Axes, rows: Sequence[Row]) -> None:
    """Every other layer lies on a faint ground."""
    for number, (_, start, end) in enumerate(_layers(rows)):
        if number % 2 == 1:
            ax.axhspan(start - 0.5, end + 0.5, color=style.GROUND, zorder=0, linewidth=0)


def _layers(rows: Sequence[Row]) -> list[tuple[str, int, int]]:
    """Each layer, its first row and its last."""
    layers: list[tuple[str, int, int]] = []
    for place, row in enumerate(rows):
        if layers and layers[-1][0] == row.layer:
            layers[-1] = (row.layer, layers[-1][1], place)
        else:
            layers.append((row.layer, place, place))
    return layers


def _name_layers(ax: Axes, rows: Sequence[Row]) -> None:
    layers = _layers(rows)
    middles = [(start + end) / 2 for _, start, end in layers]
    gap = 9 / _points_per_row(ax, len(rows))
    shown = [0]
    for place in range(1, len(layers)):
        if middles[place] - middles[shown[-1]] >= gap:
            shown.append(place)
    style.name_rows(ax, [middles[place] for place in shown], [layers[place][0] for place in shown], 8.5)


def _draw_rows(ax: Axes, rows: Sequence[Row], thickness: float) -> None:
    """A thin line while a tensor has one mode, a thick one while it is forked, in between what the looks leave open."""
    from matplotlib.collections import LineCollection

    thin = [[(row.first, place), (row.last, place)] for place, row in enumerate(rows)]
    ax.add_collection(LineCollection(thin, colors=style.TRUNK, linewidths=min(0.6, 0.15 * thickness), zorder=1), autolim=False)
    forked: list[tuple[int, Stretch]] = [
        (place, stretch) for place, row in enumerate(rows) for stretch in stretches(row.events, row.last)
    ]
    ax.add_collection(
        LineCollection(
            [[(stretch.start, place), (stretch.end, place)] for place, stretch in forked],
            colors=[style.label_colour(stretch.label) for _, stretch in forked],
            linewidths=[
                (max(thickness, SEEN) if stretch.label != "optimizer" else thickness) * (1 if stretch.surely else 0.3)
                for _, stretch in forked
            ],
            capstyle="butt",
            zorder=2,
        ),
        autolim=False,
    )
