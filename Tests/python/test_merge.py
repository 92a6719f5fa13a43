"""A merge has the counts of one sketch of everything, in whatever split and order."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sketch_bytes
from samples import DTYPES, for_all, samples

import furca

SHARES = np.linspace(0, 1, 257)


def parts(array: np.ndarray, rng: np.random.Generator) -> list[furca.Sketch]:
    """Sketches of an array cut at random places, empty pieces among them, in random order."""
    cuts = np.sort(rng.integers(0, array.size + 1, rng.integers(1, 12)))
    pieces = np.split(array, cuts)
    return [furca.Sketch(pieces[i]) for i in rng.permutation(len(pieces))]


def merged(sketches: list[furca.Sketch], rng: np.random.Generator) -> furca.Sketch:
    """All of them merged two by two in a random tree."""
    sketches = list(sketches)
    while len(sketches) > 1:
        first, second = (sketches.pop(rng.integers(len(sketches))) for _ in range(2))
        first.merge(second)
        sketches.append(first)
    return sketches[0]


def assert_same(one: furca.Sketch, other: furca.Sketch) -> None:
    """Counts, values, extremes and quantiles are identical; sums agree but for rounding."""
    a, b = sketch_bytes.read(one.to_bytes()), sketch_bytes.read(other.to_bytes())
    assert (a.element_type, a.flags, a.exact_limit, a.counts) == (b.element_type, b.flags, b.exact_limit, b.counts)
    assert a.histogram == b.histogram
    assert a.values is b.values is None or a.values.tobytes() == b.values.tobytes()
    assert np.array_equal(one.quantile(SHARES), other.quantile(SHARES), equal_nan=True)
    s, t = one.stats, other.stats
    assert (s.min, s.max) == (t.min, t.max) or math.isnan(s.min) and math.isnan(t.min)
    size = t.l1 / t.finite if t.finite else 0
    # Of many float32 values sums are good to float32's own precision.
    unit = 2.0**-24 if a.element_type == 1 and not s.exact else 1e-13
    assert s.mean == pytest.approx(t.mean, rel=0, abs=unit * size, nan_ok=True)
    assert s.std == pytest.approx(t.std, rel=10 * unit, abs=unit * size, nan_ok=True)
    assert s.l1 == pytest.approx(t.l1, rel=unit) and s.l2 == pytest.approx(t.l2, rel=unit)


@for_all
def test_any_split_in_any_order(dtype: str, name: str) -> None:
    array = samples(dtype)[name]
    rng = np.random.default_rng(7)
    whole = furca.Sketch(array)
    for _ in range(3):
        assert_same(merged(parts(array, rng), rng), whole)


@for_all
def test_updates_are_a_merge(dtype: str, name: str) -> None:
    array = samples(dtype)[name]
    sketch = furca.Sketch()
    for piece in np.array_split(array, 5):
        sketch.update(piece)
    assert_same(sketch, furca.Sketch(array))


def test_shape_survives_a_merge(rng: np.random.Generator) -> None:
    values = np.exp(rng.standard_normal(30_000)).astype(np.float32)
    whole = furca.Sketch(values).stats
    for _ in range(5):
        stats = merged(parts(values, rng), rng).stats
        assert stats.skewness == pytest.approx(whole.skewness, rel=1e-6)
        assert stats.kurtosis == pytest.approx(whole.kurtosis, rel=1e-6)


def test_a_merge_of_dtypes(rng: np.random.Generator) -> None:
    values = rng.standard_normal(6_000)
    pieces = [values.astype(dtype) for dtype in DTYPES.values()]
    sketch = furca.Sketch()
    for piece in pieces:
        sketch += furca.Sketch(piece)
    everything = np.sort(np.concatenate([piece.astype(np.float64) for piece in pieces]))
    assert sketch.stats.count == everything.size
    true = np.quantile(everything, SHARES, method="inverted_cdf")
    assert (np.abs(sketch.quantile(SHARES) - true) <= np.abs(true) / 257).all()
    assert sketch_bytes.read(sketch.to_bytes()).element_type == 255


def test_a_sketch_with_itself(rng: np.random.Generator) -> None:
    for size in (100, 3_000, 10_000):
        values = rng.standard_normal(size).astype(np.float32)
        sketch = furca.Sketch(values)
        sketch.merge(sketch)
        assert_same(sketch, furca.Sketch(np.concatenate([values, values])))


def test_nothing_changes_nothing(rng: np.random.Generator) -> None:
    values = rng.standard_normal(100).astype(np.float16)
    sketch, empty = furca.Sketch(values), furca.Sketch()
    before = sketch.to_bytes()
    sketch.merge(empty)
    assert sketch.to_bytes() == before
    empty.merge(sketch)
    assert empty.to_bytes() == before


def test_the_smaller_limit_holds(rng: np.random.Generator) -> None:
    exact = furca.Sketch(rng.standard_normal(3_000).astype(np.float32), exact=True)
    exact.merge(furca.Sketch(rng.standard_normal(3_000).astype(np.float32)))
    assert not exact.stats.exact


def test_only_a_sketch_can_be_added() -> None:
    sketch = furca.Sketch()
    with pytest.raises(TypeError):
        sketch += np.ones(3, np.float32)
    with pytest.raises(TypeError, match="Sketch"):
        sketch.merge(np.ones(3, np.float32))
