"""The ways in which text and numbers are handed to the library, and text, lists and arrays of numbers come back."""

from __future__ import annotations

import ctypes
import os
from operator import index
from typing import Any, Callable, SupportsIndex

import numpy as np
import numpy.typing as npt

from . import _abi
from .modes import Branch
from .errors import ArgumentError

_double_pointer = ctypes.POINTER(ctypes.c_double)


def string(given: str, what: str) -> bytes:
    """A text as the library takes it."""
    encoded = given.encode()
    if b"\0" in encoded:
        raise ArgumentError(f"{what} {given!r} has a NUL character in it")
    return encoded


def path(given: str | os.PathLike[str]) -> bytes:
    """A path as the library takes it, in the file system's encoding."""
    encoded = os.fsencode(given)
    if b"\0" in encoded:
        raise ArgumentError(f"the path {os.fspath(given)!r} has a NUL character in it")
    return encoded


def integer(given: SupportsIndex, what: str, *, bits: int = 64, signed: bool = True) -> int:
    """A whole number that fits the library's: ctypes would cut off what does not."""
    number = index(given)
    least = -(2 ** (bits - 1)) if signed else 0
    if not least <= number < least + 2**bits:
        raise ArgumentError(f"{what} is {number}: it must be from {least} to {least + 2**bits - 1}")
    return number


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


def branches(branches_of: Callable[..., int], names_of: Callable[..., int], *arguments: Any) -> list[Branch]:
    """Branches, from a function that takes (…, branches, capacity, count) and its companion that gives their names."""
    found, names = entries(_abi.Branch, branches_of, *arguments), entries(ctypes.c_uint32, names_of, *arguments)
    return [Branch(b.position, b.mass, b.lower, b.upper, name) for b, name in zip(found, names)]


def entries(kind: Any, function: Callable[..., int], *arguments: Any) -> list[Any]:
    """What a function that takes (…, entries, capacity, count) writes."""
    count = ctypes.c_size_t(0)
    capacity = 8
    while True:
        found = (kind * capacity)()
        function(*arguments, found, capacity, ctypes.byref(count))
        if count.value <= capacity:
            return list(found[: count.value])
        capacity = count.value


def mapped(function: Callable[..., int], *arguments: Any, over: npt.ArrayLike) -> Any:
    """What a function that takes (…, inputs, count, outputs) makes of `over`: a float of a number, an array of an array."""
    inputs = np.ascontiguousarray(over, dtype=np.float64)
    outputs = np.empty(np.shape(over), dtype=np.float64)
    function(*arguments, inputs.ctypes.data_as(_double_pointer), inputs.size, outputs.ctypes.data_as(_double_pointer))
    return outputs if outputs.ndim else float(outputs)
