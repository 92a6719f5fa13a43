"""Where an array's elements are: tensors, numpy arrays and anything with the buffer protocol, without a copy."""

from __future__ import annotations

import ctypes
import math
import sys
from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np

from . import _abi
from .errors import DTypeError, ShapeError

#: What can be read, by the name that numpy, torch and ml_dtypes share.
DTYPES = {
    "float32": _abi.FLOAT32,
    "float64": _abi.FLOAT64,
    "float16": _abi.FLOAT16,
    "bfloat16": _abi.BFLOAT16,
    "float8_e4m3fn": _abi.FLOAT8_E4M3FN,
    "float8_e5m2": _abi.FLOAT8_E5M2,
    "int8": _abi.INT8,
}

_READABLE = f"{', '.join(list(DTYPES)[:-1])} and {list(DTYPES)[-1]}"


@dataclass(frozen=True)
class Elements:
    """The elements of an array, in whatever order. Valid while `owner` lives and is not resized."""

    address: int
    count: int
    dtype: int
    shape: tuple[int, ...]
    owner: Any

    @property
    def element_type(self) -> int:
        """The dtype without the note that there are gaps between the elements."""
        return self.dtype & ~_abi.STRIDED


class Strides:
    """What the library is told of a tensor whose elements have gaps between them. Its memory must live as long as it is read."""

    def __init__(self, shape: Sequence[int], strides: Sequence[int], size: int) -> None:
        """strides: in units of `size` bytes."""
        axes = ctypes.c_int64 * len(shape)
        self.strides = tuple(strides)
        self._lengths, self._distances = axes(*shape), axes(*(stride * size for stride in strides))
        self._told = _abi.Strided(rank=len(shape), shape=self._lengths, strides=self._distances)

    def at(self, address: int) -> int:
        """The address to hand over, with a dtype that has `_abi.STRIDED` added, when the elements begin at `address`."""
        self._told.data = address
        return ctypes.addressof(self._told)


def gathered(buffer: _abi.Buffer, size: int) -> bytes:
    """The elements, of `size` bytes each, of a buffer with gaps, one after the other."""
    told = _abi.Strided.from_address(buffer.data)
    memory = type("Memory", (), {})()
    memory.__array_interface__ = {
        "version": 3,
        "typestr": f"|V{size}",
        "shape": tuple(told.shape[: told.rank]),
        "strides": tuple(told.strides[: told.rank]),
        "data": (told.data or 0, True),
    }
    return np.asarray(memory).tobytes()


def elements_of(array: Any) -> Elements:
    """Where the elements of a torch tensor, a numpy array or a buffer are.

    Slices with a step, transposed and expanded views are read through their strides: nothing is copied behind the caller's
    back. Raises DTypeError for other dtypes and for what is no array at all.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(array, torch.Tensor):
        return _of_tensor(array)
    if isinstance(array, np.ndarray):
        return _of_numpy(array)
    try:
        view = memoryview(array)
    except TypeError:
        raise DTypeError(
            f"a {type(array).__name__} has no memory to read: give a torch tensor, a numpy array or a buffer"
        ) from None
    return _of_numpy(np.asarray(view))


def not_an_array(tensor: Any) -> str | None:
    """Why a torch tensor has no elements that can be looked at, wherever it is, or None if it has."""
    if type(tensor).__module__.startswith("torch._subclasses"):
        return "it is a fake tensor, which has no memory"
    if tensor.is_meta:
        return "it is on the meta device, where nothing has memory"
    if "strided" not in str(tensor.layout):
        return f"its layout is {str(tensor.layout).removeprefix('torch.')}, and only dense tensors are read"
    if dtype_name(tensor) not in DTYPES:
        return f"its dtype is {dtype_name(tensor)}, and only {_READABLE} are read"
    return None


def unreadable(tensor: Any, *, gaps: bool = False) -> str | None:
    """Why a torch tensor cannot be read in place, or None if it can. `gaps`: whether there may be some between elements."""
    if (reason := not_an_array(tensor)) is not None:
        return reason
    if not tensor.is_cpu:
        return f"it is on {tensor.device}, and only the CPU's memory is read"
    if not gaps and not tensor.is_contiguous() and not is_dense(tensor.shape, tensor.stride()):
        return "its elements have gaps between them in memory; .contiguous() makes a copy without"
    if tensor.numel() and tensor.data_ptr() == 0:
        return "it has no memory at present"
    return None


def dtype_name(tensor: Any) -> str:
    """A torch dtype without its "torch."."""
    return str(tensor.dtype).removeprefix("torch.")


def is_dense(shape: Sequence[int], strides: Sequence[float]) -> bool:
    """Whether the elements fill one stretch of memory without gap or overlap, in some order of the axes.

    `strides` are in elements.
    """
    expected = 1
    for stride, length in sorted((stride, length) for stride, length in zip(strides, shape) if length != 1):
        if stride != expected:
            return False
        expected *= length
    return True


def _is_in_order(shape: Sequence[int], strides: Sequence[int], size: int) -> bool:
    """Whether the elements follow each other in the order of their indices, the last axis fastest."""
    for stride, length in zip(reversed(strides), reversed(shape)):
        if length != 1 and stride != size:
            return False
        size *= length
    return True


def _of_tensor(tensor: Any) -> Elements:
    reason = unreadable(tensor, gaps=True)
    if reason is not None:
        kind = DTypeError if tensor.is_cpu and dtype_name(tensor) not in DTYPES else ShapeError
        raise kind(f"this tensor of shape {tuple(tensor.shape)} cannot be read: {reason}")
    size = tensor.element_size()
    strides = [stride * size for stride in tensor.stride()]
    return _elements(tensor.data_ptr(), DTYPES[dtype_name(tensor)], tuple(tensor.shape), strides, size, tensor)


def _of_numpy(array: np.ndarray) -> Elements:
    name = array.dtype.name
    if name not in DTYPES or not array.dtype.isnative:
        order = "" if array.dtype.isnative else " of the other byte order"
        raise DTypeError(f"an array of {name}{order} is not read, only {_READABLE}")
    return _elements(array.ctypes.data, DTYPES[name], array.shape, array.strides, array.itemsize, array)


def _elements(
    address: int, dtype: int, shape: tuple[int, ...], strides: Sequence[int], size: int, owner: Any
) -> Elements:
    """`strides` and `size`, of an element, are in bytes."""
    count = math.prod(shape)
    if count == 0 or _is_in_order(shape, strides, size):
        return Elements(address, count, dtype, shape, owner)
    told = Strides(shape, strides, 1)
    return Elements(told.at(address), count, dtype | _abi.STRIDED, shape, (owner, told))
