"""The dip of exact samples against PyPI's diptest."""

from __future__ import annotations

import diptest
import numpy as np
import pytest
from samples import DTYPES, finite, for_all, samples

import furca


def our_dip(values: np.ndarray) -> float:
    sketch = furca.Sketch(values, exact=True)
    assert sketch.stats.exact
    return sketch.modes().dip


def true_dip(values: np.ndarray) -> float:
    """The dip of the values as multiples of a power of two near the largest of them: diptest multiplies differences, and what
    overflows or underflows is lost to it."""
    ascending = finite(values)
    if ascending.size == 0:
        return 0.0
    _, exponent = np.frexp(np.abs(ascending).max())
    return diptest.dipstat(np.ldexp(ascending, -exponent))


def assert_same_dip(values: np.ndarray) -> None:
    assert our_dip(values) == pytest.approx(true_dip(values), rel=0, abs=1e-9)


@for_all
def test_every_sample(dtype: str, name: str) -> None:
    assert_same_dip(samples(dtype)[name])


LAWS = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "uniform": lambda rng, n: rng.random(n),
    "exponential": lambda rng, n: rng.exponential(size=n),
    "cauchy": lambda rng, n: rng.standard_cauchy(n),
    "two modes": lambda rng, n: rng.standard_normal(n) + rng.choice([-2, 2], n),
    "three modes": lambda rng, n: rng.standard_normal(n) + rng.choice([-5, 0, 5], n),
    "minor mode": lambda rng, n: rng.standard_normal(n) + np.where(rng.random(n) < 0.05, 6, 0),
    "arcsine": lambda rng, n: rng.beta(0.5, 0.5, n),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 13, 64, 128, 1_000, 4_096, 20_000])
def test_laws_and_sizes(law: str, size: int, rng: np.random.Generator) -> None:
    for _ in range(20 if size <= 128 else 1):
        assert_same_dip(LAWS[law](rng, size).astype(np.float32))


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("places", [0, 1, 2])
def test_ties(law: str, places: int, rng: np.random.Generator) -> None:
    for size in (2, 3, 4, 6, 10, 30, 128, 1_000, 20_000):
        for _ in range(20 if size <= 128 else 1):
            assert_same_dip(np.round(LAWS[law](rng, size), places))


def test_lattices_of_narrow_dtypes(rng: np.random.Generator) -> None:
    for dtype in ("float16", "bfloat16"):
        for scale in (1, 0.02):
            assert_same_dip((scale * rng.standard_normal(20_000)).astype(DTYPES[dtype]))
            assert_same_dip((1 + 0.01 * scale * rng.standard_normal(128)).astype(DTYPES[dtype]))


def test_few_distinct_values() -> None:
    for values in ([0, 0, 1], [0, 1, 1], [0, 0, 1, 1], [0, 1, 2], [0, 1, 2, 3], [0, 0, 1, 2, 2], [-1, 0, 0, 0, 1]):
        for copies in (1, 2, 5, 100):
            assert_same_dip(np.repeat(np.array(values, dtype=np.float32), copies))


def test_two_far_points_of_equal_mass_have_the_largest_dip() -> None:
    assert our_dip(np.repeat(np.array([-1, 1], np.float32), 500)) == pytest.approx(0.25)


def test_the_dip_ignores_what_is_not_finite(rng: np.random.Generator) -> None:
    values = rng.standard_normal(500)
    assert our_dip(np.append(values, [np.nan, np.inf, -np.inf])) == our_dip(values)


def test_the_dip_of_counts_is_close(rng: np.random.Generator) -> None:
    for law in LAWS.values():
        values = law(rng, 20_000).astype(np.float32)
        sketch = furca.Sketch(values)
        assert not sketch.stats.exact
        # The values of a bin are spread over it; its mass moves the distribution function by no more.
        assert sketch.modes().dip == pytest.approx(true_dip(values), abs=2e-3)
