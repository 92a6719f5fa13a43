"""Sketches of what was counted on a device, once it has crossed over."""

from __future__ import annotations

import ctypes
import struct
from typing import Any

import numpy as np

from .. import _abi
from .._abi import library
from ..sketch import Sketch
from .counting import FIGURES


def assembled(
    dtype: int, counts: np.ndarray, figures: np.ndarray | None, origin: float = 0.0, centred: np.ndarray | None = None
) -> Sketch:
    """The sketch of a tensor whose elements were counted elsewhere; see furca_sketch_assemble.

    dtype: of the tensor.
    counts, centred: integers, one for each pattern or code.
    figures: of float32, what `sum_up` gives; of other dtypes not needed.
    """
    tables = [np.ascontiguousarray(table, dtype=np.uint64) for table in (counts, centred) if table is not None]
    counted = _abi.Counted(dtype=dtype, counts=tables[0].ctypes.data, origin=origin, **_fields(figures))
    if centred is not None:
        counted.centred = tables[1].ctypes.data
    ticket = ctypes.c_void_p()
    library.furca_sketch_assemble(ctypes.byref(counted), ctypes.byref(ticket))
    return Sketch._from_ticket(ticket)


def _fields(figures: np.ndarray | None) -> dict[str, Any]:
    if figures is None:
        return {}
    given = dict(zip(FIGURES, map(float, figures)))
    counts = {name: int(given[name]) for name in ("pos_inf", "neg_inf", "zeros")}
    sums = {name: given[name] for name in ("l1", "mean", "m2", "m3", "m4")}
    return {
        **counts, **sums, "min": _value_of(given["min_key"]), "max": _value_of(given["max_key"]),
        "on_edges": given["low_bits"] == 0,
    }


def _value_of(key: float) -> float:
    """The float32 that has this order key."""
    bits = int(key) ^ ((int(key) >> 63) & 0x7FFF_FFFF)
    value: float = struct.unpack("<f", struct.pack("<I", bits & 0xFFFF_FFFF))[0]
    return value
