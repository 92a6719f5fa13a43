"""Every statistic against numpy, math.fsum, scipy and arithmetic in whole numbers."""

import math

import exact
import ml_dtypes
import numpy as np
import pytest
import scipy.stats
from samples import DTYPES, finite, for_all, samples

import furca


#: Float32 values of which too many are there to be kept are summed in float32 lanes over short blocks: figures of them are good
#: to float32's own precision.
FLOAT32 = 2.0**-24


def total(values: np.ndarray) -> float:
    """The sum, rounded once; infinity beyond float64's range."""
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


@for_all
def test_counts(dtype: str, name: str) -> None:
    array = samples(dtype)[name]
    stats = furca.Sketch(array).stats
    values = array.astype(np.float64)
    smallest = 1.0 if dtype == "int8" else float(ml_dtypes.finfo(array.dtype).smallest_normal)
    assert stats.count == array.size
    assert stats.nan == np.isnan(values).sum()
    assert stats.pos_inf == np.isposinf(values).sum()
    assert stats.neg_inf == np.isneginf(values).sum()
    assert stats.inf == np.isinf(values).sum()
    assert stats.finite == np.isfinite(values).sum()
    assert stats.zeros == (values == 0).sum()
    assert stats.subnormals == ((values != 0) & (np.abs(values) < smallest)).sum()


@for_all
def test_extremes_are_exact(dtype: str, name: str) -> None:
    array = samples(dtype)[name]
    stats = furca.Sketch(array).stats
    values = finite(array)
    if values.size == 0:
        assert math.isnan(stats.min) and math.isnan(stats.max)
    else:
        assert (stats.min, stats.max) == (values[0], values[-1])


@for_all
def test_moments_and_norms(dtype: str, name: str) -> None:
    array = samples(dtype)[name]
    stats = furca.Sketch(array).stats
    values = finite(array)
    if values.size == 0:
        assert all(map(math.isnan, (stats.mean, stats.std, stats.skewness, stats.kurtosis)))
        assert stats.l1 == stats.l2 == 0
        return
    true = exact.moments(values)
    size = math.fsum(abs(values) / values.size)
    unit = FLOAT32 if dtype == "float32" and not stats.exact else 0.0
    assert stats.mean == pytest.approx(true.mean, rel=0, abs=1e-14 * size + unit * true.std)
    assert stats.std == pytest.approx(true.std, rel=1e-13 + unit, abs=1e-14 * size)
    assert stats.l2 == pytest.approx(true.l2, rel=1e-14 + unit)
    assert stats.l1 == pytest.approx(total(abs(values)), rel=1e-13 + unit)
    # Where the spread is small beside the values, their deviations from the mean are known less well.
    noise = 1e-12 * max(1, 1e-3 * abs(true.mean) / true.std) if true.std > 0 else 0
    # And a mean of float64's subnormals is a whole number of the smallest of them.
    noise = max(noise, 2 * 5e-324 / true.std, 10 * unit) if true.std > 0 else 0
    assert stats.skewness == pytest.approx(true.skewness, rel=noise, abs=noise, nan_ok=True)
    assert stats.kurtosis == pytest.approx(true.kurtosis, rel=noise, abs=noise, nan_ok=True)


def test_a_constant_has_no_spread_and_no_shape() -> None:
    for dtype in DTYPES.values():
        for size in (1, 2, 5, 9_001):
            stats = furca.Sketch(np.full(size, 3.1, dtype)).stats
            assert stats.std == 0 and math.isnan(stats.skewness) and math.isnan(stats.kurtosis)
            assert stats.mean == stats.min == stats.max == float(np.array(3.1).astype(dtype))


@pytest.mark.parametrize("name", ["gaussian", "lognormal", "heavy tails", "two modes", "a few"])
def test_the_reference_is_what_scipy_says(name: str) -> None:
    values = finite(samples("float64")[name])
    true, described = exact.moments(values), scipy.stats.describe(values, ddof=0)
    assert true.mean == pytest.approx(described.mean, rel=1e-12)
    assert true.std**2 == pytest.approx(described.variance, rel=1e-12)
    assert true.skewness == pytest.approx(described.skewness, rel=1e-10)
    assert true.kurtosis == pytest.approx(described.kurtosis, rel=1e-10)
    assert true.l2 == pytest.approx(np.linalg.norm(values), rel=1e-12)


def test_a_million_values_in_many_blocks(rng: np.random.Generator) -> None:
    values = (100 + rng.standard_normal(1_000_003)).astype(np.float32)
    stats = furca.Sketch(values).stats
    wide = values.astype(np.float64)
    mean = math.fsum(wide) / wide.size
    deviations = wide - mean
    variance = math.fsum(deviations**2) / wide.size
    assert stats.mean == pytest.approx(mean, rel=1e-9)
    assert stats.std == pytest.approx(math.sqrt(variance), rel=1e-8)
    assert stats.skewness == pytest.approx(math.fsum(deviations**3) / wide.size / variance**1.5, abs=1e-7)
    assert stats.kurtosis == pytest.approx(math.fsum(deviations**4) / wide.size / variance**2 - 3, abs=1e-7)
    assert stats.l1 == pytest.approx(math.fsum(abs(wide)), rel=1e-8)
