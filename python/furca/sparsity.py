"""What pruning a tensor to any sparsity would leave, read off its sketch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from .sketch import Sketch


class Sparsity:
    """The sparsification curve of a distribution: magnitude pruning at every share of zeros at once.

    >>> curve = Sparsity.of(sketch)
    >>> curve.threshold(.9)         # keep what is larger than this in magnitude, and 90 % of the values are gone
    >>> curve.energy(.9)            # what share of the sum of squares is then left

    Gaussian values keep .929, .783 and .439 of their energy at sparsities .5, .7 and .9, Laplace's .967, .879 and .595.
    """

    def __init__(self, magnitudes: np.ndarray, outer: np.ndarray, counts: np.ndarray) -> None:
        """Of counts of values by magnitude: from `magnitudes` up to `outer`, the same where values are exact."""
        # What lies between the same magnitudes, with either sign and in whatever sketch, is spread over them together.
        spans, place = np.unique(np.stack([magnitudes, outer], axis=1), axis=0, return_inverse=True)
        self._inner, self._outer = spans[:, 0], spans[:, 1]
        self._counts = np.bincount(place.ravel(), weights=counts, minlength=len(spans)).astype(np.float64)
        self._cumulative = np.cumsum(self._counts)
        # The mean square of values spread evenly over a bin.
        squares = (self._inner**2 + self._inner * self._outer + self._outer**2) / 3
        self._energies = self._counts * squares
        self._cumulative_energy = np.cumsum(self._energies)

    @classmethod
    def of(cls, *sketches: Sketch) -> Sparsity:
        """The curve of all values of one or several sketches together; the sketches stay as they are."""
        inner, outer, counts = (np.concatenate(arrays) for arrays in zip(*map(cls._parts, sketches)))
        ends = [abs(end) for sketch in sketches for end in (sketch.stats.min, sketch.stats.max)]
        return cls(inner, np.minimum(outer, np.max(ends, where=~np.isnan(ends), initial=0.0)), counts)

    @staticmethod
    def _parts(sketch: Sketch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Magnitudes of a sketch's values from, magnitudes to, and how many there are."""
        stats = sketch.stats
        if stats.exact:
            ranks = np.arange(1, stats.finite + 1)
            values = np.abs(sketch.quantile(ranks / max(stats.finite, 1)))
            return values, values, np.ones(values.size)
        bins = sketch.bins
        low = np.minimum(np.abs(bins.lower), np.abs(bins.upper))
        high = np.maximum(np.abs(bins.lower), np.abs(bins.upper))
        on_edges = bins.value == np.where(bins.lower >= 0, bins.lower, bins.upper)
        high = np.where(on_edges, low, high)
        at_zero = low == 0
        zeros = np.array([stats.zeros], dtype=np.float64)
        rest = np.where(at_zero, 0, bins.count)
        spare = np.array([bins.count[at_zero].sum() - stats.zeros], dtype=np.float64)
        tiny = np.array([2.0**-133])
        return (
            np.concatenate([np.zeros(1), low, tiny / 2]),
            np.concatenate([np.zeros(1), high, tiny / 2]),
            np.concatenate([zeros, rest, spare]),
        )

    def threshold(self, sparsity: npt.ArrayLike) -> Any:
        """The magnitude at or below which this share of the values lies."""
        return self._mapped(self._threshold, sparsity)

    def energy(self, sparsity: npt.ArrayLike) -> Any:
        """The share of the sum of squares that the other values hold, the largest ones."""
        return self._mapped(self._energy, sparsity)

    def share_below(self, threshold: npt.ArrayLike) -> Any:
        """The share of the values that lies at or below a magnitude."""
        return self._mapped(self._share_below, threshold)

    def _threshold(self, sparsity: float) -> float:
        if self._cumulative.size == 0 or self._cumulative[-1] == 0:
            return float("nan")
        index, inside = self._place(sparsity)
        return float(self._inner[index] + inside * (self._outer[index] - self._inner[index]))

    def _energy(self, sparsity: float) -> float:
        total = self._cumulative_energy[-1] if self._cumulative_energy.size else 0.0
        if total == 0:
            return float("nan")
        index, inside = self._place(sparsity)
        a, t = self._inner[index], self._inner[index] + inside * (self._outer[index] - self._inner[index])
        part = self._counts[index] * inside * (a * a + a * t + t * t) / 3
        before = self._cumulative_energy[index] - self._energies[index]
        return float(np.clip((total - before - part) / total, 0, 1))

    def _share_below(self, threshold: float) -> float:
        width = self._outer - self._inner
        inside = np.where(
            width > 0,
            np.clip((threshold - self._inner) / np.where(width > 0, width, 1), 0, 1),
            self._inner <= threshold,
        )
        return float((self._counts * inside).sum() / self._cumulative[-1])

    def _place(self, sparsity: float) -> tuple[int, float]:
        """The bin in which a share of the values ends, and how far inside."""
        if not 0 <= sparsity <= 1:
            raise ValueError(f"a sparsity is a share from 0 to 1, not {sparsity}")
        wanted = sparsity * self._cumulative[-1]
        index = int(min(np.searchsorted(self._cumulative, wanted), self._cumulative.size - 1))
        before = self._cumulative[index] - self._counts[index]
        return index, float((wanted - before) / self._counts[index]) if self._counts[index] else 0.0

    @staticmethod
    def _mapped(function: Any, over: npt.ArrayLike) -> Any:
        inputs = np.asarray(over, dtype=np.float64)
        outputs = np.array([function(value) for value in inputs.ravel()]).reshape(inputs.shape)
        return outputs if outputs.ndim else float(outputs)
