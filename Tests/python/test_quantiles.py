"""Quantiles against np.quantile(method="inverted_cdf")."""

import math

import numpy as np
import pytest
from samples import DTYPES, finite, for_all, samples

import furca

SHARES = np.unique(np.concatenate([np.linspace(0, 1, 101), [1e-6, 1e-3, 1 / 3, 0.999, 1 - 1e-6]]))

#: The smallest magnitude for which 1/257 is promised, and what each value below it may be off.
SMALLEST, BELOW = 2.0**-126, 2.0**-133

LARGEST = 2.0**128


@for_all
def test_quantiles(dtype: str, name: str) -> None:
    array = samples(dtype)[name]
    values = finite(array)
    sketch = furca.Sketch(array)
    found = sketch.quantile(SHARES)
    if values.size == 0:
        assert np.isnan(found).all()
        return
    true = np.quantile(values, SHARES, method="inverted_cdf")
    if sketch.stats.exact:
        assert np.array_equal(found, true)
    else:
        # Float64 values that no float32 can be share one bin; there is no promise about them.
        promised = np.abs(true) < LARGEST
        bound = np.where(np.abs(true) >= SMALLEST, np.abs(true) / 257 * (1 + 1e-12), BELOW)
        assert (np.abs(found - true) <= bound)[promised].all()
        assert (np.abs(found) >= LARGEST / 2)[~promised].all()
        assert found[0] == values[0] and found[-1] == values[-1]
    assert (np.diff(found) >= 0).all()


def test_the_bound_is_reached_and_no_smaller_one_holds(rng: np.random.Generator) -> None:
    values = rng.standard_normal(200_000).astype(np.float32)
    shares = rng.random(20_000)
    true = np.quantile(values.astype(np.float64), shares, method="inverted_cdf")
    errors = np.abs(furca.Sketch(values).quantile(shares) - true) / np.abs(true)
    assert 0.95 / 257 < errors.max() <= 1 / 257


def test_bfloat16_values_come_out_as_they_are(rng: np.random.Generator) -> None:
    values = rng.standard_normal(50_000).astype(DTYPES["bfloat16"])
    shares = rng.random(1_000)
    for array in (values, values.astype(np.float32), values.astype(np.float64)):
        true = np.quantile(values.astype(np.float64), shares, method="inverted_cdf")
        assert np.array_equal(furca.Sketch(array).quantile(shares), true)


def test_exact_sketches_of_any_size(rng: np.random.Generator) -> None:
    for size in (1, 2, 3, 7, 10, 49, 100, 999, 4_096, 4_097, 20_000):
        values = rng.standard_normal(size).astype(np.float32)
        shares = np.concatenate([rng.random(200), np.arange(size + 1) / size])
        sketch = furca.Sketch(values, exact=True)
        assert sketch.stats.exact
        assert np.array_equal(sketch.quantile(shares), np.quantile(values, shares, method="inverted_cdf"))


def test_values_are_kept_up_to_a_limit() -> None:
    for exact, limit in ((False, 4_096), (True, 20_000)):
        assert furca.Sketch(np.arange(limit, dtype=np.float32), exact=exact).stats.exact
        assert not furca.Sketch(np.arange(limit + 1, dtype=np.float32), exact=exact).stats.exact
    # The limit is of finite values.
    assert furca.Sketch(np.append(np.arange(4_096, dtype=np.float32), [np.nan, np.inf]).astype(np.float32)).stats.exact


def test_one_share_gives_a_float_and_shapes_stay() -> None:
    sketch = furca.Sketch(np.arange(10, dtype=np.float32))
    assert isinstance(sketch.quantile(0.5), float) and sketch.quantile(0.5) == 4
    assert sketch.quantile([0.0, 1.0]).tolist() == [0, 9]
    assert sketch.quantile(np.zeros((2, 3))).shape == (2, 3)
    assert sketch.quantile([]).shape == (0,)
    assert sketch.quantile(1) == 9


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan, math.inf])
def test_a_share_outside_is_named(share: float) -> None:
    sketch = furca.Sketch(np.ones(3, np.float32))
    with pytest.raises(furca.errors.ArgumentError, match=rf"q\[1\] is {share}"):
        sketch.quantile([0.5, share])
