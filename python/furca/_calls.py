"""The ways in which the library hands back text, lists and arrays of numbers."""

from __future__ import annotations

import ctypes
from typing import Any, Callable

import numpy as np
import numpy.typing as npt

from . import _abi

_double_pointer = ctypes.POINTER(ctypes.c_double)


def text(function: Callable[..., int], *arguments: Any) -> str:
    """What a function that takes (…, buffer, capacity, length) writes."""
    length = ctypes.c_size_t(0)
    capacity = 256
    while True:
        buffer = ctypes.create_string_buffer(capacity)
        function(*arguments, buffer, capacity, ctypes.byref(length))
        if length.value < capacity:
            return buffer.value.decode("utf-8", "replace")
        capacity = length.value + 1


def branches(function: Callable[..., int], *arguments: Any) -> ctypes.Array[_abi.Branch]:
    """What a function that takes (…, branches, capacity, count) writes."""
    count = ctypes.c_size_t(0)
    capacity = 8
    while True:
        found = (_abi.Branch * capacity)()
        function(*arguments, found, capacity, ctypes.byref(count))
        if count.value <= capacity:
            return (_abi.Branch * count.value).from_buffer(found)
        capacity = count.value


def mapped(function: Callable[..., int], *arguments: Any, over: npt.ArrayLike) -> Any:
    """What a function that takes (…, inputs, count, outputs) makes of `over`: a float of a number, an array of an array."""
    inputs = np.ascontiguousarray(over, dtype=np.float64)
    outputs = np.empty(np.shape(over), dtype=np.float64)
    function(*arguments, inputs.ctypes.data_as(_double_pointer), inputs.size, outputs.ctypes.data_as(_double_pointer))
    return outputs if outputs.ndim else float(outputs)
