"""Single elements of a tensor, followed from look to look."""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

import numpy as np

from . import _abi, _calls
from ._abi import library
from ._handle import Handle


class Paths(NamedTuple):
    """A fixed random sample of a tensor's elements (all of a small one), look by look."""

    steps: np.ndarray
    """Of the looks, ascending: int64."""
    indices: np.ndarray
    """Which elements they are, ascending: places in the flattened tensor, int64. A parameter that torch keeps in another order
    (channels_last) counts in that order."""
    values: np.ndarray
    """Looks × elements: float32."""
    branches: np.ndarray
    """Looks × elements: the name of the branch each element is in (see `Branch.name`), −1 if it is not finite: int64."""
    churn: np.ndarray
    """Of each look, the share of elements that are in another branch than at the look before, of those that are both times in
    branches that live at both: float64, NaN unless there are two such branches. A density does not see elements change places."""

    def __repr__(self) -> str:
        looks, elements = self.values.shape
        last = f", the last at step {self.steps[-1]}" if looks else ""
        return f"Paths({elements} elements at {looks} looks{last})"


def kept(run: Handle, tensor: str) -> Paths:
    """What a run file has of a tensor."""
    name = _calls.string(tensor, "the name")
    looks, count = ctypes.c_size_t(), ctypes.c_size_t()
    sizes = ctypes.byref(looks), ctypes.byref(count)
    library.furca_run_paths(run, name, None, None, None, None, 0, *sizes)
    while True:
        paths = _empty(looks.value, count.value)
        library.furca_run_elements(run, name, _pointer(paths.indices, ctypes.c_uint64), count.value, sizes[1])
        library.furca_run_paths(run, name, *_pointers(paths), len(paths.steps), *sizes)
        if looks.value <= len(paths.steps):
            # Fewer, if old ones were thinned meanwhile.
            return _named(Paths(paths.steps[: looks.value], paths.indices, *(a[: looks.value] for a in paths[2:])))


def now(session: Handle, tensor: int) -> Paths:
    """What a session has of a tensor: its latest look."""
    count = ctypes.c_size_t()
    library.furca_tensor_elements(session, tensor, None, 0, ctypes.byref(count))
    paths = _empty(1, count.value)
    library.furca_tensor_elements(
        session, tensor, _pointer(paths.indices, ctypes.c_uint64), count.value, ctypes.byref(count)
    )
    steps, values, branches, churn_of_looks = _pointers(paths)
    library.furca_tensor_paths(session, tensor, steps, values, branches, count.value, ctypes.byref(count))
    library.furca_tensor_churn(session, tensor, churn_of_looks)
    return _named(paths)


def _empty(looks: int, count: int) -> Paths:
    shape = looks, count
    return Paths(
        np.empty(looks, np.int64),
        np.empty(count, np.int64),
        np.empty(shape, np.float32),
        np.empty(shape, np.uint32),
        np.full(looks, np.nan),
    )


def _pointers(paths: Paths) -> tuple[Any, Any, Any, Any]:
    kinds = (ctypes.c_int64, ctypes.c_float, ctypes.c_uint32, ctypes.c_double)
    arrays = (paths.steps, paths.values, paths.branches, paths.churn)
    steps, values, branches, churn = (_pointer(array, kind) for array, kind in zip(arrays, kinds))
    return steps, values, branches, churn


def _pointer(array: np.ndarray, kind: Any) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(kind))


def _named(paths: Paths) -> Paths:
    """With −1 for no branch."""
    names = paths.branches.astype(np.int64)
    names[paths.branches == _abi.NO_BRANCH] = -1
    return paths._replace(branches=names)
