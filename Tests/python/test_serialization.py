"""Sketches as bytes: there and back, and every kind of damage."""

from __future__ import annotations

import copy
import pickle
import struct

import numpy as np
import pytest
import sketch_bytes
from samples import for_all, samples

import furca
from furca.errors import FormatError, MergeError, VersionError

SHARES = np.linspace(0, 1, 101)


def use(sketch: furca.Sketch) -> None:
    """Asks a sketch everything it can be asked."""
    sketch.stats
    sketch.quantile(SHARES)
    sketch.cdf(np.linspace(-5, 5, 33))
    sketch.modes(1e-6)
    sketch.to_bytes()
    other = furca.Sketch(np.linspace(-1, 1, 50, dtype=np.float32))
    other.merge(sketch)
    sketch.merge(other)
    sketch.update(np.linspace(-2, 2, 5_000, dtype=np.float32))


def small_ones() -> list[bytes]:
    """Every kind of sketch there is, in few bytes."""
    rng = np.random.default_rng(3)
    kinds = [
        furca.Sketch(),
        furca.Sketch(np.array([1.5, np.nan, -2.25, np.inf, 0], dtype=np.float32)),
        furca.Sketch(np.array([1e300, -1e-300, 0.1])),
        furca.Sketch(rng.standard_normal(6).astype(np.float16)),
        furca.Sketch(rng.choice(np.array([0.5, -0.5, 0.25, 3], dtype=np.float32), 5_000)),
        furca.Sketch(rng.choice(np.array([1e-12, -1e-12, 1e250]), 5_000)),
    ]
    session = furca.Session()
    for step in (0, 1):
        gain = np.ones(5_000, np.float32)
        gain[: 100 * step] = 1.25
        session.look(step, {"gain": gain})
    kinds.append(session.sketch(0))
    return [kind.to_bytes() for kind in kinds]


@for_all
def test_there_and_back(dtype: str, name: str) -> None:
    sketch = furca.Sketch(samples(dtype)[name])
    data = sketch.to_bytes()
    back = furca.Sketch.from_bytes(data)
    assert back.to_bytes() == data
    assert repr(back.stats) == repr(sketch.stats)
    assert np.array_equal(back.quantile(SHARES), sketch.quantile(SHARES), equal_nan=True)
    assert repr(back.modes()) == repr(sketch.modes())
    back.update(samples(dtype)["gaussian"])
    sketch.update(samples(dtype)["gaussian"])
    assert back.to_bytes() == sketch.to_bytes()


def test_a_gaussian_takes_tens_of_kilobytes(rng: np.random.Generator) -> None:
    assert len(furca.Sketch(rng.standard_normal(1_000_000).astype(np.float32)).to_bytes()) < 32_768
    assert len(furca.Sketch(np.zeros(1_000_000, np.float32)).to_bytes()) < 128


def test_pickle_and_copy(rng: np.random.Generator) -> None:
    sketch = furca.Sketch(rng.standard_normal(5_000).astype(np.float32))
    for other in (pickle.loads(pickle.dumps(sketch)), copy.deepcopy(sketch), copy.copy(sketch)):
        assert other.to_bytes() == sketch.to_bytes()
        other.update(np.ones(3, np.float32))
        assert other.stats.count == sketch.stats.count + 3


@pytest.mark.parametrize("data", small_ones(), ids=lambda data: f"{len(data)} bytes")
def test_every_truncation_is_refused(data: bytes) -> None:
    for length in range(len(data)):
        with pytest.raises(FormatError, match="not a sketch"):
            furca.Sketch.from_bytes(data[:length])


@pytest.mark.parametrize("data", small_ones(), ids=lambda data: f"{len(data)} bytes")
def test_every_flipped_bit_is_refused(data: bytes) -> None:
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises((FormatError, VersionError)):
            furca.Sketch.from_bytes(bytes(flipped))


@pytest.mark.parametrize("data", small_ones(), ids=lambda data: f"{len(data)} bytes")
def test_damage_under_a_valid_checksum_never_crashes(data: bytes, rng: np.random.Generator) -> None:
    body = data[:-4]
    accepted = 0
    for _ in range(400):
        damaged = bytearray(body)
        for _ in range(rng.integers(1, 4)):
            place = rng.integers(4, len(damaged))
            match rng.integers(4):
                case 0:
                    damaged[place] ^= 1 << rng.integers(8)
                case 1:
                    damaged[place] = rng.choice([0x00, 0x7F, 0x80, 0xFF])
                case 2:
                    del damaged[place : place + rng.integers(1, 9)]
                case 3:
                    damaged[place:place] = rng.bytes(rng.integers(1, 9))
            if len(damaged) <= 5:
                break
        try:
            sketch = furca.Sketch.from_bytes(sketch_bytes.sealed(bytes(damaged)))
        except (FormatError, VersionError):
            continue
        use(sketch)
        accepted += 1
    assert accepted < 400


def varint(value: int) -> bytes:
    groups = [value >> shift & 0x7F for shift in range(0, max(1, value.bit_length()), 7)]
    return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


@pytest.mark.parametrize(
    "finite, bins",
    [
        (5_000, [(0x8000 + 0x3F80, 2**63), (0, 2**63)]),
        (5_000, [(0x8000 + 0x3F80, 5_000), (0, 2**64 - 1)]),
        (5_000, [(2**64 - 1, 5_000)]),
        (5_000, [(0xFFFF, 2_500), (2**63, 2_500)]),
        (2**58, [(0x8000 + 0x3F80, 2**58)]),
        (2**64 - 1, [(0x8000 + 0x3F80, 2**64 - 1)]),
    ],
)
def test_numbers_that_overflow(finite: int, bins: list[tuple[int, int]]) -> None:
    counts = b"".join(map(varint, (0, 0, 0, 0, 0, finite)))
    figures = struct.pack("<7dh", 1.0, 1.0, 5_000.0, 1.0, 0.0, 0.0, 0.0, 0)
    histogram = varint(len(bins)) + b"".join(varint(skipped) + varint(count) for skipped, count in bins)
    data = sketch_bytes.sealed(b"FRKS\1\1\2" + varint(4_096) + counts + figures + histogram)
    if finite == 2**58:
        use(furca.Sketch.from_bytes(data))
    else:
        with pytest.raises(FormatError):
            furca.Sketch.from_bytes(data)


def test_counts_beyond_their_limit_are_not_merged() -> None:
    counts = b"".join(map(varint, (0, 0, 0, 0, 0, 2**59)))
    figures = struct.pack("<7dh", 1.0, 1.0, 5_000.0, 1.0, 0.0, 0.0, 0.0, 0)
    histogram = varint(1) + varint(0x8000 + 0x3F80) + varint(2**59)
    sketch = furca.Sketch.from_bytes(sketch_bytes.sealed(b"FRKS\1\1\2" + varint(4_096) + counts + figures + histogram))
    with pytest.raises(MergeError, match=f"{2**59} and {2**59} values cannot be merged"):
        sketch.merge(sketch)
    assert sketch.stats.count == 2**59


def test_other_bytes_are_refused(rng: np.random.Generator) -> None:
    data = furca.Sketch(np.ones(3, np.float32)).to_bytes()
    for other in (b"", b"FRKS", b"SQLite format 3\0" * 100, rng.bytes(1_000), data + b"\0", data[1:], data * 2):
        with pytest.raises(FormatError, match=f"These {len(other)} bytes are not a sketch"):
            furca.Sketch.from_bytes(other)


def test_a_newer_version_is_named() -> None:
    data = bytearray(furca.Sketch(np.ones(3, np.float32)).to_bytes()[:-4])
    data[4] = 9
    with pytest.raises(VersionError, match="version 9.*update furca"):
        furca.Sketch.from_bytes(sketch_bytes.sealed(bytes(data)))


def test_buffers_of_bytes_are_taken_and_other_things_are_not() -> None:
    data = furca.Sketch(np.ones(3, np.float32)).to_bytes()
    assert furca.Sketch.from_bytes(memoryview(data)).to_bytes() == data
    assert furca.Sketch.from_bytes(bytearray(data)).to_bytes() == data
    for other in (3, "FRKS", None, np.ones(3)):
        with pytest.raises((TypeError, FormatError)):
            furca.Sketch.from_bytes(other)
