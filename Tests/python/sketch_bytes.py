"""Reads and writes sketches as bytes by the description in Sources/Sketches/SketchFormat.swift, with none of its code."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

import ml_dtypes
import numpy as np

ELEMENT_TYPES = {
    1: np.float32,
    2: np.float64,
    3: np.float16,
    4: ml_dtypes.bfloat16,
    5: ml_dtypes.float8_e4m3fn,
    6: ml_dtypes.float8_e5m2,
    7: np.int8,
}

EXACT, ON_BIN_EDGES, ORIGIN, CENTRED = 1, 2, 4, 8


@dataclass
class Contents:
    version: int
    element_type: int
    flags: int
    exact_limit: int
    origin: float | None = None
    counts: dict[str, int] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    values: np.ndarray | None = None
    histogram: dict[int, int] | None = None
    """How many values have each code."""
    centred: dict[int, int] | None = None


def read(data: bytes) -> Contents:
    """The contents of a sketch; AssertionError or ValueError if they are not as described."""
    body, checksum = data[:-4], data[-4:]
    assert struct.unpack("<I", checksum)[0] == zlib.crc32(body)
    reader = _Reader(body)
    assert reader.take(4) == b"FRKS"
    contents = Contents(*reader.take(3), exact_limit=reader.varint())
    if contents.flags & ORIGIN:
        contents.origin = reader.unpack("<d")
    for name in ("nan", "pos_inf", "neg_inf", "zeros", "subnormals", "finite"):
        contents.counts[name] = reader.varint()
    if contents.counts["finite"]:
        for name in ("min", "max", "l1", "mean", "m2", "m3", "m4"):
            contents.figures[name] = reader.unpack("<d")
        contents.figures["exponent"] = reader.unpack("<h")
    if contents.flags & EXACT:
        dtype = np.dtype(ELEMENT_TYPES[reader.take(1)[0]])
        contents.values = np.frombuffer(reader.take(dtype.itemsize * contents.counts["finite"]), dtype)
    else:
        contents.histogram = reader.histogram()
    if contents.flags & CENTRED:
        contents.centred = reader.histogram()
    assert not reader.rest
    return contents


def sealed(body: bytes) -> bytes:
    """Bytes with the checksum that belongs to them."""
    return body + struct.pack("<I", zlib.crc32(body))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, count: int) -> bytes:
        taken, self.rest = self.rest[:count], self.rest[count:]
        assert len(taken) == count
        return taken

    def unpack(self, form: str) -> float:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def histogram(self) -> dict[int, int]:
        counts: dict[int, int] = {}
        dropped = 7 - self.take(1)[0]
        assert 0 <= dropped <= 6
        place = 0
        for _ in range(self.varint()):
            number = self.varint()
            if number & 1:
                skipped = self.varint()
                assert skipped > 0
                place += skipped
            # Places ascend with the values: the negative ones, the largest magnitude first, then the positive ones.
            rank = place << dropped
            code = rank ^ 0x8000 if rank >= 0x8000 else rank ^ 0xFFFF
            counts[code >> dropped << dropped] = number >> 1
            place += 1
        return counts
