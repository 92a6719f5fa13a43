"""The C header Include/furca/furca.h in ctypes: every struct and every function, in the header's order.

A function that returns a status raises the error that belongs to it.
"""

from __future__ import annotations

import ctypes
from ctypes import (
    POINTER,
    Structure,
    c_char_p,
    c_double,
    c_float,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any

from ._library import load
from .errors import LibraryError, error_for

FLOAT32, FLOAT64, FLOAT16, BFLOAT16, FLOAT8_E4M3FN, FLOAT8_E5M2, INT8 = 1, 2, 3, 4, 5, 6, 7
#: Added to a dtype: the address is that of a Strided.
STRIDED = 0x100

NULL, INTEGER, REAL, TEXT, BLOB = 0, 1, 2, 3, 4

SAFETENSORS, PICKLE = 1, 2

#: The branch of a value that is not finite.
NO_BRANCH = 2**32 - 1


class Sized(Structure):
    """A struct that begins with its own size."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(struct_size=ctypes.sizeof(type(self)), **fields)


class Stats(Sized):
    _fields_ = [
        ("struct_size", c_uint32),
        ("exact", c_uint32),
        ("step", c_int64),
        ("count", c_uint64),
        ("nan", c_uint64),
        ("pos_inf", c_uint64),
        ("neg_inf", c_uint64),
        ("zeros", c_uint64),
        ("subnormals", c_uint64),
        ("min", c_double),
        ("max", c_double),
        ("mean", c_double),
        ("std", c_double),
        ("skewness", c_double),
        ("kurtosis", c_double),
        ("l1", c_double),
        ("l2", c_double),
        ("sampled", c_double),
        ("mean_se", c_double),
        ("std_se", c_double),
        ("kurtosis_se", c_double),
        ("counted", c_double),
    ]


class Branch(Structure):
    _fields_ = [("position", c_double), ("mass", c_double), ("lower", c_double), ("upper", c_double)]


class Atom(Structure):
    _fields_ = [("value", c_double), ("mass", c_double)]


class Modes(Sized):
    _fields_ = [
        ("struct_size", c_uint32),
        ("count", c_uint32),
        ("atoms", c_uint32),
        ("reserved", c_uint32),
        ("dip", c_double),
        ("dip_tested", c_double),
        ("p_value", c_double),
    ]


class SketchOptions(Sized):
    _fields_ = [("struct_size", c_uint32), ("exact_limit", c_uint32), ("counts_one_in", c_uint32)]


class SessionOptions(Sized):
    _fields_ = [
        ("struct_size", c_uint32),
        ("exact_limit", c_uint32),
        ("path", c_char_p),
        ("alpha", c_double),
        ("budget", c_double),
        ("always_until", c_int64),
        ("threads", c_uint32),
        ("resume", c_uint32),
        ("max_size", c_uint64),
        ("sketch_error", c_double),
        ("paths", c_uint32),
        ("reserved", c_uint32),
        ("seed", c_uint64),
    ]


class Strided(Structure):
    _fields_ = [
        ("data", c_void_p),
        ("rank", c_uint32),
        ("reserved", c_uint32),
        ("shape", POINTER(c_int64)),
        ("strides", POINTER(c_int64)),
    ]


class Buffer(Structure):
    _fields_ = [("data", c_void_p), ("count", c_uint64), ("tensor", c_uint32), ("dtype", c_uint32)]


class Bin(Structure):
    _fields_ = [("lower", c_double), ("upper", c_double), ("value", c_double), ("count", c_uint64)]


class Counted(Sized):
    _fields_ = [
        ("struct_size", c_uint32),
        ("dtype", c_uint32),
        ("counts", c_void_p),
        ("origin", c_double),
        ("centred", c_void_p),
        ("pos_inf", c_uint64),
        ("neg_inf", c_uint64),
        ("zeros", c_uint64),
        ("min", c_double),
        ("max", c_double),
        ("l1", c_double),
        ("mean", c_double),
        ("m2", c_double),
        ("m3", c_double),
        ("m4", c_double),
        ("on_edges", c_uint32),
        ("reserved", c_uint32),
    ]


class Sketched(Structure):
    _fields_ = [("sketch", c_void_p), ("tensor", c_uint32), ("reserved", c_uint32)]


class Summary(Sized):
    _fields_ = [
        ("struct_size", c_uint32),
        ("tensors", c_uint32),
        ("looks", c_uint64),
        ("looks_left_out", c_uint64),
        ("elements", c_uint64),
        ("bytes", c_uint64),
        ("events", c_uint64),
        ("gaps", c_uint64),
        ("records_lost", c_uint64),
        ("seconds_inside", c_double),
        ("seconds_wall", c_double),
        ("looks_in_part", c_uint64),
        ("looks_dropped", c_uint64),
        ("seconds_waiting", c_double),
        ("seconds_overlapped", c_double),
    ]


class TensorSpec(Sized):
    _fields_ = [
        ("struct_size", c_uint32),
        ("dtype", c_uint32),
        ("name", c_char_p),
        ("shape", POINTER(c_int64)),
        ("rank", c_uint32),
        ("frozen", c_uint32),
    ]


class Event(Sized):
    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", c_uint32),
        ("label", c_uint32),
        ("tensor", c_uint32),
        ("step", c_int64),
        ("onset_after", c_int64),
        ("onset_by", c_int64),
        ("dip", c_double),
        ("p_value", c_double),
        ("branch_count", c_uint32),
        ("structure", c_uint32),
    ]


class Value(Structure):
    _fields_ = [
        ("type", c_uint32),
        ("reserved", c_uint32),
        ("integer", c_int64),
        ("real", c_double),
        ("bytes", c_void_p),
        ("length", c_size_t),
    ]


def _raise_unless_ok(status: int, function: Any, arguments: tuple[Any, ...]) -> int:
    if status != 0:
        raise error_for(status, last_error())
    return status


def last_error() -> str:
    """The library's sentence about this thread's last failure."""
    return (library.furca_last_error() or b"").decode("utf-8", "replace")


def _function(name: str, result: Any, *arguments: Any) -> None:
    try:
        function = getattr(library, name)
    except AttributeError:
        raise LibraryError(f"{library._name} has no {name}: it is older than this Python package") from None
    function.restype = result
    function.argtypes = arguments
    DECLARED.append(name)


def _fallible(name: str, *arguments: Any) -> None:
    _function(name, c_int32, *arguments)
    getattr(library, name).errcheck = _raise_unless_ok


#: The loaded library. Its functions are those of the header.
library = load()

#: The names of all functions declared here.
DECLARED: list[str] = []

_handle = c_void_p
_new_handle = POINTER(c_void_p)
_doubles = POINTER(c_double)
_floats = POINTER(c_float)
_places = POINTER(c_uint64)
_length = POINTER(c_size_t)

_function("furca_abi_version", c_uint32)
_function("furca_version", c_char_p)
_function("furca_status_name", c_char_p, c_int32)
_function("furca_last_error", c_char_p)

_fallible("furca_sketch_create", POINTER(SketchOptions), _new_handle)
_fallible("furca_sketch_close", _handle)
_fallible("furca_sketch_update", _handle, c_void_p, c_uint64, c_uint32)
_fallible("furca_sketch_merge", _handle, _handle)
_fallible("furca_sketch_stats", _handle, POINTER(Stats))
_fallible("furca_sketch_quantiles", _handle, _doubles, c_size_t, _doubles)
_fallible("furca_sketch_cdf", _handle, _doubles, c_size_t, _doubles)
_fallible(
    "furca_sketch_modes",
    _handle,
    c_double,
    POINTER(Modes),
    POINTER(Branch),
    c_size_t,
    POINTER(Atom),
    c_size_t,
)
_fallible("furca_sketch_serialize", _handle, c_void_p, c_size_t, _length)
_fallible("furca_sketch_deserialize", c_void_p, c_size_t, _new_handle)
_fallible("furca_sketch_bins", _handle, POINTER(Bin), c_size_t, _length)
_fallible("furca_sketch_assemble", POINTER(Counted), _new_handle)

_fallible("furca_session_open", POINTER(SessionOptions), _new_handle)
_fallible("furca_session_close", _handle)
_fallible("furca_session_path", _handle, c_void_p, c_size_t, _length)
_fallible("furca_session_due", _handle, c_int64, POINTER(c_int32))
_fallible("furca_session_observe", _handle, c_int64, POINTER(Buffer), c_size_t)
_fallible("furca_session_observe_sketches", _handle, c_int64, POINTER(Sketched), c_size_t)
_fallible("furca_session_observe_begin", _handle, c_int64, POINTER(Buffer), c_size_t)
_fallible("furca_session_observe_wait", _handle)
_fallible("furca_session_observe_drop", _handle, c_char_p)
_fallible("furca_session_log", _handle, c_int64, c_char_p, c_double)
_fallible("furca_session_gap", _handle, c_char_p, c_char_p)
_fallible("furca_session_charge", _handle, c_double)
_fallible("furca_session_rewind", _handle, c_int64)
_fallible("furca_session_flush", _handle)
_fallible("furca_session_summary", _handle, POINTER(Summary))
_fallible("furca_session_problem", _handle, _length, c_void_p, c_size_t, _length)
_fallible("furca_session_report", _handle, c_void_p, c_size_t, _length)

_fallible("furca_session_group", _handle, c_char_p, c_char_p, POINTER(c_uint32))

_fallible("furca_tensor_register", _handle, POINTER(TensorSpec), POINTER(c_uint32))
_fallible("furca_tensor_count", _handle, POINTER(c_uint32))
_fallible("furca_tensor_find", _handle, c_char_p, POINTER(c_uint32))
_fallible("furca_tensor_stats", _handle, c_uint32, POINTER(Stats))
_fallible("furca_tensor_quantiles", _handle, c_uint32, _doubles, c_size_t, _doubles)
_fallible("furca_tensor_branches", _handle, c_uint32, POINTER(Branch), c_size_t, _length)
_fallible("furca_tensor_names", _handle, c_uint32, POINTER(c_uint32), c_size_t, _length)
_fallible("furca_tensor_sketch", _handle, c_uint32, _new_handle)
_fallible("furca_tensor_exempt", _handle, c_uint32)
_fallible("furca_tensor_due", _handle, c_uint32, POINTER(c_double))
_fallible("furca_tensor_elements", _handle, c_uint32, _places, c_size_t, _length)
_fallible("furca_tensor_paths", _handle, c_uint32, POINTER(c_int64), _floats, POINTER(c_uint32), c_size_t, _length)
_fallible("furca_tensor_churn", _handle, c_uint32, _doubles)
_fallible("furca_tensor_drifted", _handle, c_uint32, c_uint32, c_uint32, c_int64, c_int64)

#: furca_event_callback: the session, the number of the event, the payload.
EventCallback = ctypes.CFUNCTYPE(None, c_void_p, c_size_t, c_void_p)

_fallible("furca_event_count", _handle, _length)
_fallible("furca_session_on_event", _handle, EventCallback, c_void_p)
_fallible("furca_event_get", _handle, c_size_t, POINTER(Event))
_fallible("furca_event_branches", _handle, c_size_t, POINTER(Branch), c_size_t, _length)
_fallible("furca_event_names", _handle, c_size_t, POINTER(c_uint32), c_size_t, _length)
_fallible("furca_event_lines", _handle, c_size_t, POINTER(c_uint32), c_size_t, _length)
_fallible("furca_event_text", _handle, c_size_t, c_void_p, c_size_t, _length)

_fallible("furca_run_open", c_char_p, _new_handle)
_fallible("furca_run_close", _handle)
_fallible("furca_run_query", _handle, c_char_p, POINTER(Value), c_size_t, _new_handle)
_fallible("furca_rows_columns", _handle, POINTER(c_size_t))
_fallible("furca_rows_column_name", _handle, c_size_t, POINTER(c_char_p))
_fallible("furca_rows_next", _handle, POINTER(Value), c_size_t, POINTER(c_int32))
_fallible("furca_rows_close", _handle)
_fallible("furca_run_elements", _handle, c_char_p, _places, c_size_t, _length)
_fallible(
    "furca_run_paths",
    _handle,
    c_char_p,
    POINTER(c_int64),
    _floats,
    POINTER(c_uint32),
    _doubles,
    c_size_t,
    _length,
    _length,
)

_fallible("furca_checkpoints_find", POINTER(c_char_p), c_size_t, POINTER(c_int64), c_size_t, _new_handle)
_fallible("furca_checkpoints_close", _handle)
_fallible("furca_checkpoints_count", _handle, _length)
_fallible(
    "furca_checkpoints_get",
    _handle,
    c_size_t,
    POINTER(c_int64),
    POINTER(c_uint32),
    c_void_p,
    c_size_t,
    _length,
)
_fallible("furca_session_note_checkpoints", _handle, _handle)
_fallible("furca_session_observe_checkpoint", _handle, c_int64, c_char_p)
