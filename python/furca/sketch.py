"""The distribution of any buffer, with no session."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from . import _abi, _calls
from ._abi import library
from ._buffers import elements_of
from ._handle import Handle
from .modes import Atom, Branch, Modes
from .stats import Stats

#: The most values that a sketch keeps one by one.
EXACT_LIMIT = 20_000

_Self = TypeVar("_Self", bound="Sketch")


_BIN = np.dtype(_abi.Bin)


@dataclass(frozen=True)
class Bins:
    """Bins of values, ascending. Values of a bin share their sign, exponent and first seven mantissa bits."""

    lower: np.ndarray
    """Edges. The one nearer to zero belongs to the bin, the other does not."""
    upper: np.ndarray
    value: np.ndarray
    """The representative that quantiles give."""
    count: np.ndarray
    """How many values lie in it."""


class Sketch:
    """How the values of one or many arrays are distributed, in at most some tens of kilobytes.

    >>> s = Sketch(np.array([1., 2., 3., 4.], dtype=np.float32))
    >>> s.stats.mean, s.quantile(.5)
    (2.5, 2.0)

    Arrays are torch tensors on the CPU, numpy arrays or anything with the buffer protocol, of float32, float64, float16,
    bfloat16, float8 (e4m3fn, e5m2) or int8. They are read in place, once. Quantiles are within 1/257 of the value, and exact while all values are kept: up
    to 4,096 of them, or 20,000 with `exact=True`. With `counts_one_in=8` large float32 arrays are read in six tenths of the time: moments,
    extremes and special counts stay exact, quantiles are those of a random eighth of the blocks (`stats.counted`).
    """

    def __init__(self, array: Any = None, *, exact: bool = False, counts_one_in: int = 1) -> None:
        options = _abi.SketchOptions(exact_limit=EXACT_LIMIT if exact else 4096, counts_one_in=counts_one_in)
        ticket = ctypes.c_void_p()
        library.furca_sketch_create(ctypes.byref(options), ctypes.byref(ticket))
        self._own(ticket)
        if array is not None:
            self.update(array)

    def update(self, array: Any) -> None:
        """Adds the values of an array."""
        elements = elements_of(array)
        library.furca_sketch_update(self._handle, elements.address, elements.count, elements.dtype)

    def _add(self, buffer: _abi.Buffer) -> None:
        library.furca_sketch_update(self._handle, buffer.data, buffer.count, buffer.dtype)

    def merge(self, other: Sketch) -> None:
        """Adds everything another sketch has seen. The counts are then those of one sketch of both inputs."""
        if not isinstance(other, Sketch):
            raise TypeError(f"a {type(other).__name__} cannot be merged, only a Sketch: update() adds the values of an array")
        library.furca_sketch_merge(self._handle, other._handle)

    def __iadd__(self, other: Sketch) -> Sketch:
        if not isinstance(other, Sketch):
            return NotImplemented
        self.merge(other)
        return self

    @property
    def stats(self) -> Stats:
        """Counts, moments, norms and extremes."""
        found = _abi.Stats()
        library.furca_sketch_stats(self._handle, ctypes.byref(found))
        return Stats._of(found)

    def quantile(self, q: npt.ArrayLike) -> Any:
        """The value at or below which a share `q` (0 to 1) of the finite values lies, as numpy's "inverted_cdf".

        A float for a number, an array of the same shape for an array. NaN if there is no finite value.
        """
        return _calls.mapped(library.furca_sketch_quantiles, self._handle, over=q)

    def cdf(self, value: npt.ArrayLike) -> Any:
        """The share of the finite values that is at most `value`: a float, or an array of the same shape."""
        return _calls.mapped(library.furca_sketch_cdf, self._handle, over=value)

    def modes(self, alpha: float = 1e-6) -> Modes:
        """Tests for more than one mode at significance `alpha`, and describes what it finds."""
        branch_capacity, atom_capacity = 16, 16
        while True:
            found = _abi.Modes()
            branches = (_abi.Branch * branch_capacity)()
            atoms = (_abi.Atom * atom_capacity)()
            library.furca_sketch_modes(
                self._handle, alpha, ctypes.byref(found), branches, branch_capacity, atoms, atom_capacity
            )
            if found.count <= branch_capacity and found.atoms <= atom_capacity:
                break
            branch_capacity, atom_capacity = found.count, found.atoms
        return Modes(
            count=found.count,
            dip=found.dip,
            dip_tested=found.dip_tested,
            p_value=found.p_value,
            branches=tuple(map(Branch._of, branches[: found.count])),
            atoms=tuple(map(Atom._of, atoms[: found.atoms])),
        )

    @property
    def bins(self) -> Bins:
        """The occupied bins, ascending: every finite value lies in one, and all sketches have the same edges."""
        count = ctypes.c_size_t()
        library.furca_sketch_bins(self._handle, None, 0, ctypes.byref(count))
        found = np.empty(count.value, dtype=_BIN)
        address = found.ctypes.data_as(ctypes.POINTER(_abi.Bin))
        library.furca_sketch_bins(self._handle, address, count.value, ctypes.byref(count))
        return Bins(*(np.ascontiguousarray(found[name]) for name in ("lower", "upper", "value", "count")))

    def to_bytes(self) -> bytes:
        """The sketch as bytes, for any later version of the library on any machine."""
        length = ctypes.c_size_t(0)
        library.furca_sketch_serialize(self._handle, None, 0, ctypes.byref(length))
        buffer = ctypes.create_string_buffer(length.value)
        library.furca_sketch_serialize(self._handle, buffer, length.value, ctypes.byref(length))
        return buffer.raw[: length.value]

    @classmethod
    def from_bytes(cls: type[_Self], data: bytes) -> _Self:
        """A sketch from what `to_bytes` gave."""
        ticket = ctypes.c_void_p()
        library.furca_sketch_deserialize(bytes(data), len(data), ctypes.byref(ticket))
        return cls._from_ticket(ticket)

    def __reduce__(self) -> tuple[Any, ...]:
        return Sketch.from_bytes, (self.to_bytes(),)

    def close(self) -> None:
        """Frees it now rather than when it is collected."""
        self._handle.close()

    def __repr__(self) -> str:
        if self._handle.closed:
            return "Sketch(closed)"
        s = self.stats
        return f"Sketch(count={s.count}, mean={s.mean:.6g}, std={s.std:.6g}, min={s.min:.6g}, max={s.max:.6g})"

    @classmethod
    def _from_ticket(cls: type[_Self], ticket: ctypes.c_void_p) -> _Self:
        sketch = cls.__new__(cls)
        sketch._own(ticket)
        return sketch

    def _own(self, ticket: ctypes.c_void_p) -> None:
        self._handle = Handle(ticket, library.furca_sketch_close)
