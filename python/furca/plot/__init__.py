"""Pictures of a run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..run import Run


class Plots:
    """What `run.plot` offers. matplotlib (`pip install 'furca[plot]'`) is imported by the first picture."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def garden(
        self,
        name: str,
        ax: Axes | None = None,
        step_axis: Literal["log", "linear"] = "log",
        save: str | os.PathLike[str] | None = None,
        paths: bool | int = False,
    ) -> Axes:
        """How a tensor's values are distributed over the training, and where they fork.

        Each look whose distribution was kept is a column: dark where the values are dense, relative to the densest place at
        that step. Over it lie the branches, through their medians and as wide as their masses, and above it the names of
        the forks.

        name: the tensor.
        ax: where to draw; None for a figure of its own.
        step_axis: "log" (with a place for step 0) or "linear".
        paths: also draw the paths of single elements, coloured by the branch they end in: True, or how many of them.
        save: a file to write the picture to, of any kind that matplotlib knows by its ending. The figure is then not shown.

        Returns the axes.
        """
        from .garden import garden
        from .walks import WALKERS

        followed = self._run.paths(name) if paths else None
        return garden(self._run[name], self._run.forks(name), ax, step_axis, save, followed, WALKERS if paths is True else paths)

    def tree(
        self,
        name: str,
        ax: Axes | None = None,
        step_axis: Literal["log", "linear"] = "log",
        position: Literal["share", "value"] = "share",
        save: str | os.PathLike[str] | None = None,
    ) -> Axes:
        """Which branch of a tensor sprang from which: a line for each, as wide as its share of the values.

        Its colour says why it is there (the optimiser's first updates, learning, a lattice, pruning). Above are the names of the
        events, beside the ends the masses and medians of the branches there are now. `run.forks(name).tree()` is the same in words.

        name: the tensor.
        ax: where to draw; None for a figure of its own.
        step_axis: "log" (with a place for step 0) or "linear".
        position: how high a branch lies: "share", about the middle of its share of the values, so that all branches can be told
            apart however close their values; or "value", at its median.
        save: a file to write the picture to, of any kind that matplotlib knows by its ending. The figure is then not shown.

        Returns the axes.
        """
        from .tree import tree

        return tree(self._run[name], self._run.forks(name), ax, step_axis, position, save)

    def timeline(
        self,
        ax: Axes | None = None,
        step_axis: Literal["log", "linear"] = "log",
        save: str | os.PathLike[str] | None = None,
    ) -> Axes:
        """The whole run on one page: each tensor a row, layer after layer, coloured while it was forked, with its events.

        Up to 100 tensors are all named; of more the layers are, and on the right the tensors of which there is more to tell than
        what the optimiser's first updates do.

        ax: where to draw; None for a figure of its own, higher for more tensors.
        step_axis: "log" (with a place for step 0) or "linear".
        save: a file to write the picture to, of any kind that matplotlib knows by its ending. The figure is then not shown.

        Returns the axes.
        """
        from .timeline import timeline

        return timeline(self._run, ax, step_axis, save)
