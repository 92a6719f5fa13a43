"""SQL on a run file, by way of the library's own SQLite."""

from __future__ import annotations

import ctypes
import math
from collections import namedtuple
from typing import Any, Iterable, Iterator, Sequence

import numpy as np

from . import _abi, _calls
from ._abi import library
from ._handle import Handle


def query(run: Handle, sql: str, parameters: Sequence[Any]) -> list[Any]:
    """All rows of a query, as named tuples."""
    values, kept = _values(parameters)
    ticket = ctypes.c_void_p()
    library.furca_run_query(run, _calls.string(sql, "the statement"), values, len(parameters), ctypes.byref(ticket))
    del kept
    rows = Handle(ticket, library.furca_rows_close)
    try:
        names = _column_names(rows)
        make = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        return [make(*row) for row in _rows(rows, len(names))]
    finally:
        rows.close()


def number(value: float | None) -> float:
    """A figure, NaN where SQL has NULL."""
    return math.nan if value is None else value


def numbers(values: Iterable[float | None]) -> np.ndarray:
    """Figures as an array of float64, NaN where SQL has NULL."""
    return np.array([number(value) for value in values], dtype=np.float64)


def _column_names(rows: Handle) -> list[str]:
    count = ctypes.c_size_t()
    library.furca_rows_columns(rows, ctypes.byref(count))
    names = []
    for column in range(count.value):
        name = ctypes.c_char_p()
        library.furca_rows_column_name(rows, column, ctypes.byref(name))
        names.append((name.value or b"").decode())
    return names


def _rows(rows: Handle, width: int) -> Iterator[list[Any]]:
    values = (_abi.Value * width)()
    has_row = ctypes.c_int32()
    while True:
        library.furca_rows_next(rows, values, width, ctypes.byref(has_row))
        if not has_row.value:
            return
        yield [_READERS[value.type](value) for value in values]


def _bytes(value: _abi.Value) -> bytes:
    return ctypes.string_at(value.bytes, value.length) if value.length else b""


_READERS = {
    _abi.NULL: lambda value: None,
    _abi.INTEGER: lambda value: value.integer,
    _abi.REAL: lambda value: value.real,
    _abi.TEXT: lambda value: _bytes(value).decode("utf-8", "replace"),
    _abi.BLOB: _bytes,
}


def _values(parameters: Sequence[Any]) -> tuple[ctypes.Array[_abi.Value], list[Any]]:
    """Python's values as the library takes them, and the memory they point to."""
    values = (_abi.Value * len(parameters))()
    kept = []
    for value, parameter in zip(values, parameters):
        if hasattr(parameter, "item"):
            parameter = parameter.item()
        if parameter is None:
            value.type = _abi.NULL
        elif isinstance(parameter, int):
            value.type, value.integer = _abi.INTEGER, _calls.integer(parameter, "a value in SQL")
        elif isinstance(parameter, float):
            value.type, value.real = _abi.REAL, parameter
        elif isinstance(parameter, (str, bytes)):
            value.type = _abi.TEXT if isinstance(parameter, str) else _abi.BLOB
            data = parameter.encode() if isinstance(parameter, str) else parameter
            buffer = ctypes.create_string_buffer(data, len(data) + 1)
            kept.append(buffer)
            value.bytes, value.length = ctypes.addressof(buffer), len(data)
        else:
            raise TypeError(f"a {type(parameter).__name__} cannot be a value in SQL: {parameter!r}")
    return values, kept
