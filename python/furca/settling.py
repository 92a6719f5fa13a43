"""From when on a tensor's distribution no longer moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .distances import wasserstein

if TYPE_CHECKING:
    from .run_tensor import RunTensor


class Settled(NamedTuple):
    """When a tensor's distribution had come to stay near its last one."""

    step: int
    """From this look on it stayed within eps. That of the last look, if it never settled before."""
    share: float
    """Of the training so far, what came after it: 0 to 1."""


def settled(tensor: RunTensor, eps: float) -> Settled | None:
    """The step from which W1(p_t, p_T)/σ_T stays below `eps`, over the looks whose distribution was kept.

    None if none was, or the last one has no spread or no finite value.
    """
    steps = tensor.sketch_steps
    if steps.size == 0:
        return None
    last = tensor.sketch(int(steps[-1]))
    spread = last.stats.std
    if not np.isfinite(spread) or spread == 0:
        return None
    found = int(steps[-1])
    for step in steps[-2::-1]:
        distance = wasserstein(tensor.sketch(int(step)), last) / spread
        if not distance < eps:
            break
        found = int(step)
    whole = int(steps[-1] - steps[0])
    return Settled(found, (int(steps[-1]) - found) / whole if whole else 0.0)
