"""How the values of a tensor are distributed at each step, on one grid: what the garden draws."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

import numpy as np

from ..modes import Branch

#: Shares of the values left out of the picture at either end, if no branch is there.
TAIL = 0.001


class Look(NamedTuple):
    """One distribution that was kept, and the branches at that step."""

    step: int
    sketch: Any
    branches: Sequence[Branch]


def value_edges(looks: Sequence[Look], bins: int) -> np.ndarray:
    """`bins` + 1 equally spaced values that show all but the extreme tails, and every branch of every look."""
    ends = np.array([look.sketch.quantile([TAIL, 1 - TAIL]) for look in looks])
    cuts = [cut for look in looks for branch in look.branches for cut in _inner_half(look, branch)]
    values = np.array([*ends.ravel(), *cuts])
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if values.size else (0.0, 0.0)
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return np.linspace(low - margin, high + margin, bins + 1)


def density(look: Look, edges: np.ndarray) -> np.ndarray:
    """The share of the values per unit of value, between each two edges.

    Differences of the CDF over the width of the bin; a look of few elements is smoothed by a Gaussian kernel as narrow as its
    branches allow, for a hundred values in hundreds of bins would be dust.
    """
    width = edges[1] - edges[0]
    shares = np.diff(look.sketch.cdf(edges))
    sigma = max(bandwidth(look) / width, 0.35)
    reach = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    smooth: np.ndarray = np.convolve(np.pad(shares, reach), kernel / (kernel.sum() * width), mode="valid")
    return smooth


def bandwidth(look: Look) -> float:
    """Silverman's bandwidth, .9 s n^(-1/5), where s is the spread inside the branches rather than across them."""
    spread, below = 0.0, 0.0
    for branch in look.branches:
        quarters = np.clip([below + 0.25 * branch.mass, below + 0.75 * branch.mass], 0, 1)
        lower, upper = look.sketch.quantile(quarters)
        spread += branch.mass * (upper - lower) / 1.349
        below += branch.mass
    finite = look.sketch.stats.finite
    return 0.9 * spread * finite ** -0.2 if finite and np.isfinite(spread) else 0.0


def _inner_half(look: Look, branch: Branch) -> tuple[float, float]:
    """Where the middle half of a branch surely is: its position and as far again as its nearer cut."""
    reach = min(branch.position - branch.lower, branch.upper - branch.position)
    return branch.position - reach, branch.position + reach
