"""TensorBoard: histograms, curves and fork markers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._looks import Export, Look, Source

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoard:
    """Writes the looks of a scope or a run: `export = TensorBoard(SummaryWriter("runs/tensorboard")); export(scope)`."""

    def __init__(self, writer: SummaryWriter, *, bins: int = 64) -> None:
        self._writer = writer
        self._bins = bins
        self._export = Export()
        self._count = 0

    def __call__(self, source: Source) -> None:
        for look in self._export.looks(source):
            self._write(look)
        for event in self._export.forks(source):
            self._count += 1
            self._writer.add_text("furca/forks", str(event), event.step)
            self._writer.add_scalar("furca/events", self._count, event.step)

    def _write(self, look: Look) -> None:
        counts, edges = look.histogram(self._bins)
        if counts.size:
            s = look.stats
            self._writer.add_histogram_raw(
                look.tensor,
                min=s.min,
                max=s.max,
                num=s.finite,
                sum=s.mean * s.finite,
                sum_squares=s.l2**2,
                bucket_limits=edges[1:].tolist(),
                bucket_counts=np.asarray(counts).tolist(),
                global_step=look.step,
            )
        for figure, value in look.figures().items():
            self._writer.add_scalar(f"{look.tensor}/{figure}", value, look.step)
