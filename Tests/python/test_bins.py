"""The bins of a sketch, against numpy's counts of bit patterns; and tensors that are looked at by their sketches."""

import numpy as np
import pytest

import furca


def test_bins_are_the_counts_of_patterns(rng):
    x = np.concatenate([rng.standard_normal(50_000), np.zeros(100), [-0.0, 1e-42, -1e-42, 3e38]]).astype(np.float32)
    bins = furca.Sketch(x).bins
    expected = np.bincount(x.view(np.uint32) >> 16, minlength=65536)
    assert bins.count.sum() == x.size and bins.count.size == (expected > 0).sum()
    assert np.all(np.diff(bins.lower) >= 0)
    for lower, upper, count in zip(bins.lower[:50], bins.upper[:50], bins.count[:50]):
        assert count == ((x > lower) & (x <= upper)).sum() if upper < 0 else ((x >= lower) & (x < upper)).sum()
    assert np.all((bins.value >= bins.lower) & (bins.value <= bins.upper))


@pytest.mark.parametrize("count", [0, 1, 100])
def test_bins_of_few_values(rng, count):
    x = rng.standard_normal(count).astype(np.float32)
    assert furca.Sketch(x).bins.count.sum() == count


def test_a_look_at_merged_sketches_is_a_look_at_the_whole(rng, tmp_path):
    x = rng.standard_normal((1000, 10)).astype(np.float32)
    with furca.Session(tmp_path / "whole.furca") as whole, furca.Session(tmp_path / "parts.furca") as parts:
        tensor = parts.register("x", "float32", x.shape)
        for step in range(3):
            whole.look(step, {"x": x + step})
            merged = furca.Sketch(x[:377] + np.float32(step))
            merged.merge(furca.Sketch(x[377:] + np.float32(step)))
            parts.look_at_sketches(step, {tensor: merged})
        for quantity in ("nan", "zeros", "count", "min", "max"):
            assert getattr(whole.stats(0), quantity) == getattr(parts.stats(0), quantity)
        assert parts.stats(0).std == pytest.approx(whole.stats(0).std, rel=1e-7)  # Sums of float32 values.
        assert np.array_equal(parts.sketch(tensor).bins.count, whole.sketch(0).bins.count)
        assert parts.summary()["elements"] == whole.summary()["elements"] == 30_000
    assert furca.open(parts.path)["x"].steps.tolist() == [0, 1, 2]


def test_a_sketch_that_does_not_fit_is_refused(rng):
    with furca.Session() as session:
        tensor = session.register("x", "float32", (10,))
        with pytest.raises(furca.errors.ShapeError, match='"x".*10 elements.*9 arrive'):
            session.look_at_sketches(0, {tensor: furca.Sketch(np.ones(9, np.float32))})
        with pytest.raises(furca.errors.DTypeError, match='"x".*float32.*float64'):
            session.look_at_sketches(0, {tensor: furca.Sketch(np.ones(10))})
        with pytest.raises(furca.errors.UnknownError, match="7"):
            session.look_at_sketches(0, {7: furca.Sketch(np.ones(10, np.float32))})
        session.look_at_sketches(3, {tensor: furca.Sketch(np.ones(10, np.float32))})
        with pytest.raises(furca.errors.StepError, match="3"):
            session.look_at_sketches(3, {tensor: furca.Sketch(np.ones(10, np.float32))})
