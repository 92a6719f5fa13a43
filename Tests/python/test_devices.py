"""What torch counts on a device is what the library counts in memory: the same operations run on CPU tensors here."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import furca
from furca._buffers import DTYPES, dtype_name
from furca.devices import counting
from furca.devices.assembling import assembled
from furca.errors import ArgumentError, DTypeError
from sketch_bytes import read

NARROW = (torch.bfloat16, torch.float16, torch.float8_e4m3fn, torch.float8_e5m2, torch.int8)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(counting, "CHUNK", 1000)


def counted(values: torch.Tensor, origin: float = 0.0) -> furca.Sketch:
    table = torch.zeros(counting.TABLE, dtype=torch.int32)
    counting.count(values, table)
    figures = centred = None
    if values.dtype is torch.float32:
        figures = counting.sum_up(values).numpy()
        if origin:
            centred = torch.zeros(counting.TABLE, dtype=torch.int32)
            counting.count_about(values, origin, centred)
    return assembled(
        DTYPES[dtype_name(values)], table.numpy(), figures, origin, None if centred is None else centred.numpy()
    )


def hostile(rng) -> torch.Tensor:
    """Every kind of float32 there is."""
    bits = rng.integers(0, 2**32, 20_000, dtype=np.uint32)
    special = np.array(
        [0, 1 << 31, 1, 0x8000_0001, 0x7F80_0000, 0xFF80_0000, 0x7F80_0001, 0xFFFF_FFFF, 0x7F7F_FFFF, 0x0080_0000, 0x007F_FFFF],
        dtype=np.uint32,
    )
    return torch.from_numpy(np.concatenate([bits, special.repeat(3)]).view(np.float32))


def inputs(rng) -> dict[str, torch.Tensor]:
    normal = torch.from_numpy(rng.standard_normal(30_011).astype(np.float32))
    return {
        "normal": normal,
        "of every kind": hostile(rng),
        "tiny": normal * 1e-38,
        "far from zero": normal * 1e-3 + 1000,
        "constant": torch.full((5000,), 0.1),
        "in float32, but bfloat16": normal.bfloat16().float(),
        "no finite value": torch.tensor([math.nan, math.inf, -math.inf] * 2000),
        "zeros of both signs": torch.tensor([0.0, -0.0] * 3000),
        "one infinity": torch.cat([normal, torch.tensor([math.inf])]),
    }


@pytest.mark.parametrize("name", list(inputs(np.random.default_rng(0))))
def test_float32_is_counted_as_in_memory(rng, name):
    values = inputs(rng)[name]
    mine, theirs = counted(values), furca.Sketch(values)
    a, b = read(mine.to_bytes()), read(theirs.to_bytes())
    assert a.counts == b.counts
    assert (a.histogram or {}) == (b.histogram or {})
    assert (a.flags, a.element_type) == (b.flags, b.element_type)
    s, t = mine.stats, theirs.stats
    if not s.count - s.nan - s.pos_inf - s.neg_inf:
        return
    assert (s.min, s.max) == (t.min, t.max)
    assert math.copysign(1, s.min) == math.copysign(1, t.min)
    finite = values[torch.isfinite(values)].double()
    exact = finite.tolist()
    mean = math.fsum(exact) / len(exact)
    spread = math.sqrt(math.fsum((x - mean) ** 2 for x in exact) / len(exact))
    assert s.l1 == pytest.approx(math.fsum(map(abs, exact)), rel=1e-13)
    assert s.mean == pytest.approx(mean, rel=1e-13, abs=1e-13 * spread)
    assert s.std == pytest.approx(spread, rel=1e-12)
    if spread:
        z = [(x - mean) / spread for x in exact]
        assert s.skewness == pytest.approx(math.fsum(x**3 for x in z) / len(z), rel=1e-9, abs=1e-9)
        assert s.kurtosis == pytest.approx(math.fsum(x**4 for x in z) / len(z) - 3, rel=1e-9, abs=1e-9)
    else:
        assert s.std == 0


@pytest.mark.parametrize("dtype", NARROW)
def test_narrow_dtypes_are_sketched_to_the_last_bit(rng, dtype):
    size = torch.empty((), dtype=dtype).element_size()
    patterns = rng.integers(0, 256**size, 70_000, dtype=np.uint8 if size == 1 else np.uint16)
    values = torch.from_numpy(patterns.view(np.int8 if size == 1 else np.int16)).view(dtype)
    mine, theirs = read(counted(values).to_bytes()), read(furca.Sketch(values).to_bytes())
    assert (mine.counts, mine.histogram, mine.figures) == (theirs.counts, theirs.histogram, theirs.figures)


def test_a_matrix_in_any_layout(rng):
    matrix = torch.from_numpy(rng.standard_normal((180, 80)).astype(np.float32))
    for view in (matrix.T, matrix[:, ::2], matrix[3:].reshape(177, 4, 20).permute(2, 0, 1)):
        assert read(counted(view).to_bytes()).histogram == read(furca.Sketch(view).to_bytes()).histogram


def test_codes_of_float64_are_cut_off_as_the_library_does(rng):
    """Against the library itself, which counts float64 by the same codes."""
    bits = rng.integers(0, 2**64, 20_000, dtype=np.uint64)
    near = (rng.integers(1023 - 160, 1023 + 140, 20_000).astype(np.uint64) << 52) | (bits & ~np.uint64(0x7FF0 << 48))
    values = np.concatenate([bits, near]).view(np.float64)
    codes = counting.code_of(torch.from_numpy(values.view(np.int64))).numpy()
    finite = np.isfinite(values)
    assert (codes[~finite] == 0x7FC0).all()
    expected = read(furca.Sketch(values).to_bytes()).histogram
    found, counts = np.unique(codes[finite], return_counts=True)
    assert dict(zip(found.tolist(), counts.tolist())) == expected


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_counts_about_an_origin(rng, tmp_path, dtype):
    """As a session makes them of a tensor that began constant."""
    gains = torch.full((6000,), 1.0, dtype=dtype)
    moved = (1 + torch.from_numpy(rng.standard_normal(6000)) * 0.01).to(dtype)
    with furca.Session(budget=0) as session:
        session.look(0, {"gain": gains})
        session.look(1, {"gain": moved})
        theirs = read(session.sketch(0).to_bytes())
    mine = read(counted(moved, origin=1.0).to_bytes())
    assert mine.origin == theirs.origin == 1.0
    assert mine.centred == theirs.centred
    assert mine.histogram == theirs.histogram


def test_sketches_of_parts_merge_to_the_whole(rng):
    values = inputs(rng)["of every kind"]
    whole = furca.Sketch(values)
    merged = counted(values[:7000])
    merged.merge(furca.Sketch(values[7000:12_000]))
    merged.merge(counted(values[12_000:]))
    assert read(merged.to_bytes()).histogram == read(whole.to_bytes()).histogram
    assert merged.quantile(0.3) == whole.quantile(0.3)


class TestContradictions:
    """Parts that cannot be those of one tensor are refused, each with its reason."""

    def given(self) -> tuple[np.ndarray, dict[str, float]]:
        values = torch.tensor([1.0, -2.0, 3.0, 0.0, math.inf, 1e-40])
        table = torch.zeros(counting.TABLE, dtype=torch.int32)
        counting.count(values, table)
        return table.numpy(), dict(zip(counting.FIGURES, counting.sum_up(values).tolist()))

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"pos_inf": 2}, "more infinities than the counts have"),
            ({"neg_inf": 1}, "more infinities than the counts have"),
            ({"zeros": 3}, "3 zeros, more than the counts have"),
            ({"min_key": 0}, "not in the outermost bins"),
            ({"max_key": 0x7F80_0000}, "not in the outermost bins"),
            ({"mean": 5.0}, "the mean 5.0 is not one"),
            ({"mean": math.nan}, "the mean nan is not one"),
            ({"l1": 100.0}, "the sum of magnitudes 100.0"),
            ({"m2": 1e6}, "sums of powers"),
            ({"m2": -1.0}, "sums of powers"),
            ({"m4": math.inf}, "sums of powers"),
            ({"m3": math.nan}, "sums of powers"),
        ],
    )
    def test_sums(self, changes, reason):
        counts, figures = self.given()
        with pytest.raises(ArgumentError, match=reason):
            assembled(DTYPES["float32"], counts, np.array(list({**figures, **changes}.values())))

    def test_counts(self):
        counts, figures = self.given()
        figures = np.array(list(figures.values()))
        counts = counts.astype(np.uint64)
        counts[0x3F80] = 1 << 61
        with pytest.raises(ArgumentError, match="more than 2\\^60"):
            assembled(DTYPES["float32"], counts, figures)
        with pytest.raises(ArgumentError, match="no counts about it"):
            assembled(DTYPES["float32"], self.given()[0], figures, origin=1.0)
        with pytest.raises(ArgumentError, match="about the origin"):
            assembled(DTYPES["float32"], self.given()[0], figures, origin=1.0, centred=np.zeros(counting.TABLE))
        with pytest.raises(ArgumentError, match="origin is nan"):
            assembled(DTYPES["float32"], self.given()[0], figures, origin=math.nan)

    def test_dtypes(self):
        with pytest.raises(DTypeError, match="float64"):
            assembled(DTYPES["float64"], np.zeros(counting.TABLE), None)
        with pytest.raises(DTypeError, match="dtype 99"):
            assembled(99, np.zeros(counting.TABLE), None)

    def test_nothing_is_something(self):
        empty = assembled(DTYPES["bfloat16"], np.zeros(counting.TABLE), None)
        assert empty.stats.count == 0 and math.isnan(empty.stats.mean)
