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
