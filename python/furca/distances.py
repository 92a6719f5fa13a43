"""How far apart two distributions are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .sketch import Sketch


def wasserstein(a: Sketch, b: Sketch) -> float:
    """The first Wasserstein distance, W1 = ∫ |F_a(x) − F_b(x)| dx, in the units of the values.

    Exact while both keep the same number of values one by one; else values are taken as evenly spread over their bins, and
    the error is at most 1/128 of the mean magnitudes. NaN without finite values.
    """
    first, second = a.stats, b.stats
    if first.finite == 0 or second.finite == 0:
        return float("nan")
    if first.exact and second.exact and first.finite == second.finite:
        shares = np.arange(1, first.finite + 1) / first.finite
        return float(np.abs(a.quantile(shares) - b.quantile(shares)).mean())
    one, other = _cumulative(a), _cumulative(b)
    x = np.unique(np.concatenate([one[0], other[0]]))
    difference = np.interp(x, *one, left=0, right=1) - np.interp(x, *other, left=0, right=1)
    return float(_absolute_integral(x, difference))


def _cumulative(sketch: Sketch) -> tuple[np.ndarray, np.ndarray]:
    """The edges of a sketch's bins, ascending, and the share of the values below each."""
    bins = sketch.bins
    edges = np.unique(np.concatenate([bins.lower, bins.upper]))
    counts = np.zeros(edges.size)
    counts[np.searchsorted(edges, bins.upper)] = bins.count
    return edges, np.cumsum(counts) / bins.count.sum()


def _absolute_integral(x: np.ndarray, y: np.ndarray) -> float:
    """∫ |y| over the piecewise linear y(x)."""
    left, right, width = np.abs(y[:-1]), np.abs(y[1:]), np.diff(x)
    crosses = y[:-1] * y[1:] < 0
    total = left + right
    # Two triangles where the line crosses zero, a trapezium elsewhere.
    area = np.where(crosses, (left**2 + right**2) / np.where(total > 0, total, 1), total) / 2
    return float((area * width).sum())
