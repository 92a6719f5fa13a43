"""The statistics of one look at one tensor, or of one sketch."""

from __future__ import annotations

from dataclasses import dataclass, fields

from . import _abi


@dataclass(frozen=True)
class Stats:
    """Counts of all elements, and figures of the finite ones.

    Moments are those of the whole population (no n-1). Undefined ones are NaN: mean, std, min and max of nothing, skewness
    and kurtosis of a constant. Where more float32 values are looked at than are kept, mean, std and norms are good to float32's own
    precision, 6e-8 of the std or norm.
    """

    count: int
    """All elements, the non-finite ones included."""
    nan: int
    pos_inf: int
    neg_inf: int
    zeros: int
    """+0 and -0."""
    subnormals: int
    """Nonzero, yet below the smallest normal number of the dtype."""
    min: float
    max: float
    mean: float
    std: float
    skewness: float
    """m3 / m2^1.5."""
    kurtosis: float
    """m4 / m2^2 - 3: 0 for a Gaussian."""
    l1: float
    """The sum of |x|."""
    l2: float
    """The square root of the sum of x^2."""
    exact: bool
    """Whether all values are kept, so that quantiles and CDF are exact."""
    step: int
    """The step of the look; 0 for a sketch that no session made."""
    sampled: float = 1.0
    """The share of the elements that was read: less than 1 for a random sample of blocks, to stay within a budget. Counts, min
    and max are then of the elements read; l1 and l2 are scaled up to all."""
    mean_se: float = 0.0
    """The standard error that sampling adds to `mean`; 0 if all was read."""
    std_se: float = 0.0
    kurtosis_se: float = 0.0
    counted: float = 1.0

    @property
    def inf(self) -> int:
        """Infinities of both signs."""
        return self.pos_inf + self.neg_inf

    @property
    def finite(self) -> int:
        """How many elements the figures are of."""
        return self.count - self.nan - self.inf

    @classmethod
    def _of(cls, found: _abi.Stats) -> Stats:
        values = {field.name: getattr(found, field.name) for field in fields(cls)}
        return cls(**{**values, "exact": bool(found.exact)})
