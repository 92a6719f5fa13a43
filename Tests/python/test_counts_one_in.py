"""Sketches that count one block in several: what stays exact, and how far quantiles may be off."""

from __future__ import annotations

import numpy as np
import pytest

import furca
import furca.errors

N = 1 << 21


@pytest.fixture
def values(rng: np.random.Generator) -> np.ndarray:
    found = rng.standard_t(4, size=N).astype(np.float32)
    found[rng.random(N) < 0.3] = 0
    found[[5, 77_777, N - 1]] = [np.nan, np.inf, -np.inf]
    return found


def test_all_but_the_quantiles_is_exact(values: np.ndarray) -> None:
    finite = values[np.isfinite(values)].astype(np.float64)
    stats = furca.Sketch(values, counts_one_in=8).stats
    assert stats.counted == pytest.approx(1 / 8, rel=0.01)
    assert (stats.count, stats.nan, stats.pos_inf, stats.neg_inf) == (N, 1, 1, 1)
    assert stats.zeros == np.count_nonzero(finite == 0)
    assert (stats.min, stats.max) == (finite.min(), finite.max())
    assert stats.mean == pytest.approx(finite.mean(), abs=1e-8 * finite.std())
    assert stats.std == pytest.approx(finite.std(), rel=1e-8)
    assert stats.l1 == pytest.approx(np.abs(finite).sum(), rel=1e-6)
    whole = furca.Sketch(values).stats
    # Blocks are put together otherwise, so sums are rounded otherwise.
    assert stats.mean == pytest.approx(whole.mean, abs=1e-8 * whole.std)
    assert (stats.std, stats.kurtosis) == pytest.approx((whole.std, whole.kurtosis), rel=1e-7)
    assert whole.counted == 1


def test_quantiles_are_those_of_a_sample_of_the_size_it_says(values: np.ndarray) -> None:
    finite = np.sort(values[np.isfinite(values)].astype(np.float64))
    sketch = furca.Sketch(values, counts_one_in=8)
    assert (sketch.quantile(0), sketch.quantile(1)) == (finite[0], finite[-1])
    for share in (0.001, 0.01, 0.1, 0.2, 0.8, 0.9, 0.99, 0.999):
        value = sketch.quantile(share)
        # A bin is 1/128 wide; five standard errors of the share of an eighth of the values.
        error = 5 * np.sqrt(share * (1 - share) / (len(finite) / 8))
        low, high = (np.searchsorted(finite, bound) / len(finite) for bound in sorted((value * (1 - 1 / 100), value * (1 + 1 / 100))))
        assert low - error <= share <= high + error
    # Zeros are known exactly, so what lies between two shares within them is zero.
    assert sketch.quantile(0.5) == 0


def test_no_period_of_the_tensor_goes_unseen() -> None:
    # Every eighth block of 4,096 is another: a sample of every eighth block would see all of them, or none.
    values = np.ones(N, np.float32)
    values.reshape(-1, 8, 4096)[:, 3] = 2
    sketch = furca.Sketch(values, counts_one_in=8)
    share = sketch.cdf(1.5)
    assert share == pytest.approx(7 / 8, abs=5 * np.sqrt(7 / 64 / (N / 32768)))


def test_it_goes_through_bytes_and_merges(values: np.ndarray) -> None:
    sampled = furca.Sketch(values, counts_one_in=8)
    again = furca.Sketch.from_bytes(sampled.to_bytes())
    assert again.stats == sampled.stats
    assert again.quantile(0.9) == sampled.quantile(0.9)
    both = furca.Sketch(values)
    both.merge(sampled)
    assert both.stats.count == 2 * N
    assert both.stats.counted == pytest.approx((1 + 1 / 8) / 2, rel=0.01)


def test_a_sample_is_no_more_evidence_than_it_holds(rng: np.random.Generator) -> None:
    # A fork that two million values show and a 1024th of them cannot, and one that an eighth shows well.
    values = np.concatenate([rng.normal(-1.2, 1, N // 2), rng.normal(1.2, 1, N // 2)]).astype(np.float32)
    rng.shuffle(values)
    assert furca.Sketch(values).modes().count == 2
    assert furca.Sketch(values, counts_one_in=8).modes().count == 2
    whole = furca.Sketch(values).modes().p_value
    assert furca.Sketch(values, counts_one_in=8).modes().p_value > whole
    for seed in range(20):
        null = np.random.default_rng(seed).normal(size=N).astype(np.float32)
        assert furca.Sketch(null, counts_one_in=16).modes(1e-4).count == 1


@pytest.mark.parametrize("dtype", [np.float64, np.float16])
def test_other_types_are_counted_whole(values: np.ndarray, dtype: type) -> None:
    cast = values.astype(dtype)
    sampled, whole = furca.Sketch(cast, counts_one_in=8), furca.Sketch(cast)
    assert sampled.to_bytes() == whole.to_bytes()


def test_small_arrays_are_counted_whole(rng: np.random.Generator) -> None:
    values = rng.normal(size=1 << 19).astype(np.float32)
    assert furca.Sketch(values, counts_one_in=8).stats.counted == 1


def test_too_thin_a_sample_is_refused() -> None:
    with pytest.raises(furca.errors.ArgumentError, match="counts_one_in is 1025"):
        furca.Sketch(counts_one_in=1025)


@pytest.mark.parametrize("place", range(8))
def test_finite_values_may_all_be_in_blocks_that_are_not_counted(place: int) -> None:
    values = np.full(N, np.nan, np.float32)
    values.reshape(-1, 8, 4096)[:6, place] = np.linspace(-1, 1, 4096)
    sketch = furca.Sketch(values, counts_one_in=8)
    assert sketch.stats.count - sketch.stats.nan == 6 * 4096
    assert 0 < sketch.stats.counted <= 1
    assert sketch.modes().p_value <= 1
    assert furca.Sketch.from_bytes(sketch.to_bytes()).stats == sketch.stats
