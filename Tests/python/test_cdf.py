"""The CDF against counting."""

import math

import numpy as np
import pytest
from samples import finite, for_all, samples

import furca


def share_up_to(values: np.ndarray, limits: np.ndarray) -> np.ndarray:
    return np.searchsorted(values, limits, side="right") / values.size


def bin_edges(limits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The edges of the bins of codes that float32 values are in, the nearer to zero first."""
    bits = limits.astype(np.float32).view(np.uint32)
    inner = (bits & 0xFFFF0000).view(np.float32).astype(np.float64)
    outer = ((bits & 0xFFFF0000) + 0x10000).astype(np.uint32).view(np.float32).astype(np.float64)
    return inner, np.where(np.isinf(outer), np.copysign(2.0**128, outer), outer)


@for_all
def test_cdf(dtype: str, name: str) -> None:
    array = samples(dtype)[name]
    values = finite(array)
    sketch = furca.Sketch(array)
    if values.size == 0:
        assert math.isnan(sketch.cdf(0.0))
        return
    rng = np.random.default_rng(1)
    with np.errstate(over="ignore"):
        near = rng.choice(values, 200) * rng.choice([1.0, 0.999, 1.3], 200)
    limits = np.concatenate([near, [0.0, -0.0, values[0], values[-1]], np.linspace(-3, 3, 31)])
    limits = limits[np.abs(limits) < 3e38].astype(np.float32).astype(np.float64)
    found = sketch.cdf(limits)
    true = share_up_to(values, limits)
    # Where the bins of +0 and -0 hold other values too, how many of the zeros are in which is not known.
    shared = not sketch.stats.exact and ((values != 0) & (np.abs(values) < 2.0**-133)).any()
    unsure = ((array == 0) & np.signbit(array)).sum() / values.size if shared else 1e-15
    if sketch.stats.exact:
        assert np.array_equal(found, true)
    else:
        # Inside a bin it lies between what it is at the bin's edges.
        inner, outer = bin_edges(limits)
        low, high = np.minimum(inner, outer), np.maximum(inner, outer)
        least = np.searchsorted(values, low, side="left") / values.size
        assert (found >= least - 1e-15).all()
        assert (found <= share_up_to(values, high) + unsure).all()
    assert np.allclose(sketch.cdf([0.0, -0.0]), share_up_to(values, np.zeros(2)), rtol=0, atol=unsure)
    # Rounding to float32 may have taken the extreme values of float64 data past themselves.
    assert sketch.cdf(values[-1]) == 1
    with np.errstate(over="ignore"):
        assert sketch.cdf(np.nextafter(values[0], -np.inf)) == 0


def test_it_is_exact_at_the_edges_of_bins(rng: np.random.Generator) -> None:
    values = rng.standard_normal(100_000).astype(np.float32)
    inner, _ = bin_edges(np.concatenate([np.linspace(-3, 3, 500), rng.standard_normal(500)]))
    # A value equal to an edge above zero belongs to the bin above it, and is not counted yet.
    below = (values[:, None] < inner).mean(axis=0)
    up_to = (values[:, None] <= inner).mean(axis=0)
    found = furca.Sketch(values).cdf(inner)
    assert np.allclose(found, np.where(inner > 0, below, up_to), rtol=0, atol=1e-15)


def test_it_ascends_from_0_to_1(rng: np.random.Generator) -> None:
    sketch = furca.Sketch(rng.standard_t(2, 50_000).astype(np.float32))
    limits = np.sort(np.concatenate([rng.standard_t(2, 5_000), [-np.inf, np.inf, -1e300, 1e300, 0.0]]))
    found = sketch.cdf(limits)
    assert (np.diff(found) >= 0).all() and found[0] == 0 and found[-1] == 1


def test_nan_is_at_no_place() -> None:
    assert math.isnan(furca.Sketch(np.ones(3, np.float32)).cdf(math.nan))
    assert isinstance(furca.Sketch(np.ones(3, np.float32)).cdf(1.0), float)
    assert furca.Sketch(np.ones(3, np.float32)).cdf([[0.0, 1.0]]).tolist() == [[0, 1]]
