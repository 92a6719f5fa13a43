"""The histogram in a sketch's bytes is numpy's count of the upper halves of float32 patterns."""

import numpy as np
import pytest
import sketch_bytes
from samples import DTYPES, finite, for_all, samples

import furca


def codes(values: np.ndarray) -> np.ndarray:
    """The code of every finite value: the upper half of its float32 pattern, float64 cut off and never rounded."""
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    away = np.abs(narrow.astype(np.float64)) > np.abs(values.astype(np.float64))
    narrow[away] = np.nextafter(narrow[away], np.float32(0))
    return narrow.view(np.uint32) >> 16


def counted(values: np.ndarray) -> dict[int, int]:
    counts = np.bincount(codes(values), minlength=65_536)
    return {int(code): int(counts[code]) for code in np.flatnonzero(counts)}


@for_all
def test_counts_by_code(dtype: str, name: str) -> None:
    array = samples(dtype)[name]
    values = array[np.isfinite(array)]
    contents = sketch_bytes.read(furca.Sketch(array).to_bytes())
    assert contents.counts["finite"] == values.size
    if values.size > contents.exact_limit:
        assert contents.histogram == counted(values)
    else:
        assert contents.histogram is None
        kept = contents.values.astype(np.float64)
        assert np.array_equal(kept, finite(array))
        assert np.signbit(kept).sum() == np.signbit(values).sum()


def test_two_million_float32_values(rng: np.random.Generator) -> None:
    values = rng.standard_normal(2_000_003).astype(np.float32)
    histogram = sketch_bytes.read(furca.Sketch(values).to_bytes()).histogram
    counts = np.bincount(values.view("u4") >> 16)
    assert histogram == {int(code): int(counts[code]) for code in np.flatnonzero(counts)}


def test_every_float16_and_bfloat16_pattern() -> None:
    patterns = np.arange(65_536, dtype=np.uint16)
    for dtype in ("float16", "bfloat16"):
        values = patterns.view(DTYPES[dtype])
        contents = sketch_bytes.read(furca.Sketch(values).to_bytes())
        with np.errstate(invalid="ignore"):  # There are signalling NaNs among them.
            assert contents.histogram == counted(values[np.isfinite(values)])
            assert contents.counts["nan"] == np.isnan(values).sum()
        assert contents.counts["pos_inf"] == contents.counts["neg_inf"] == 1
        assert bool(contents.flags & sketch_bytes.ON_BIN_EDGES) == (dtype == "bfloat16")


def test_counts_about_an_initial_constant(rng: np.random.Generator) -> None:
    session = furca.Session()
    session.look(0, {"gain": np.ones(9_001, np.float32)})
    gain = (1 + 1e-3 * rng.standard_normal(9_001)).astype(np.float32)
    session.look(1, {"gain": gain})
    contents = sketch_bytes.read(session.sketch(0).to_bytes())
    assert contents.origin == 1
    assert contents.histogram == counted(gain)
    assert contents.centred == counted(gain - np.float32(1))
