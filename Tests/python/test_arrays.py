"""What can be read in place, and what cannot and why."""

from __future__ import annotations

import array
import ctypes
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from samples import DTYPES, for_all, samples

import furca
from furca.errors import ArgumentError, DTypeError, ShapeError


def as_tensor(values: np.ndarray) -> torch.Tensor:
    if values.dtype.name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        bits = values.view(f"i{values.itemsize}").copy()
        return torch.from_numpy(bits).view(getattr(torch, values.dtype.name))
    return torch.from_numpy(values.copy())


@for_all
def test_a_tensor_is_read_as_numpy_is(dtype: str, name: str) -> None:
    values = samples(dtype)[name]
    assert furca.Sketch(as_tensor(values)).to_bytes() == furca.Sketch(values).to_bytes()


def test_dense_layouts_are_read_in_whatever_order(rng: np.random.Generator) -> None:
    x = rng.standard_normal((4, 6, 10)).astype(np.float32)
    expected = furca.Sketch(x).to_bytes()
    t = torch.from_numpy(x)
    channels_last = torch.from_numpy(x[None]).to(memory_format=torch.channels_last)
    for dense in (x.T, np.asfortranarray(x), x.transpose(1, 0, 2), x[:, :, None], t.permute(2, 0, 1), channels_last):
        assert furca.Sketch(dense).to_bytes() == expected


def test_part_of_an_array_is_read_alone(rng: np.random.Generator) -> None:
    x = rng.standard_normal((10, 8)).astype(np.float32)
    assert furca.Sketch(x[2:5]).to_bytes() == furca.Sketch(x[2:5].copy()).to_bytes()
    assert furca.Sketch(torch.from_numpy(x)[3]).to_bytes() == furca.Sketch(x[3].copy()).to_bytes()


def test_any_alignment(rng: np.random.Generator) -> None:
    for dtype in DTYPES.values():
        for size in (3, 100, 5_000):
            values = rng.standard_normal(size).astype(dtype)
            room = np.zeros(values.nbytes + 16, np.uint8)
            for offset in range(1, 9):
                moved = room[offset : offset + values.nbytes].view(dtype)
                moved[...] = values
                assert furca.Sketch(moved).to_bytes() == furca.Sketch(values).to_bytes()


def test_buffers_of_other_libraries() -> None:
    expected = furca.Sketch(np.array([1, 2, 3], np.float32)).to_bytes()
    values = [1.0, 2.0, 3.0]
    for buffer in (array.array("f", values), memoryview(array.array("f", values)), (ctypes.c_float * 3)(*values)):
        assert furca.Sketch(buffer).to_bytes() == expected
    assert furca.Sketch(array.array("d", values)).stats.mean == 2


def test_read_only_memory_is_read() -> None:
    values = np.arange(10, dtype=np.float32)
    values.flags.writeable = False
    assert furca.Sketch(values).stats.mean == 4.5
    assert furca.Sketch(memoryview(values.tobytes()).cast("f")).stats.mean == 4.5


def test_single_numbers_and_empty_arrays() -> None:
    assert furca.Sketch(np.array(2.5)).stats.mean == 2.5
    assert furca.Sketch(torch.tensor(2.5)).stats.mean == 2.5
    assert furca.Sketch(np.float32(2.5)).stats.mean == 2.5
    for empty in (np.empty((0, 3), np.float32), np.empty((4, 6), np.float32)[:, 2:2], torch.empty(0), torch.empty(3, 0)):
        assert furca.Sketch(empty).stats.count == 0


def test_tensors_that_require_gradients() -> None:
    parameter = torch.nn.Parameter(torch.arange(4.0))
    assert furca.Sketch(parameter).stats.mean == 1.5
    assert furca.Sketch(parameter * 2).stats.mean == 3


_grid = np.arange(24, dtype=np.float32).reshape(4, 6)


@pytest.mark.parametrize(
    "view",
    [
        _grid[:, ::2],
        _grid.ravel()[::-1],
        _grid[::-1, ::-3],
        _grid[:, :3],
        _grid.T[1:4],
        np.broadcast_to(np.float32(1), (3, 3)),
        np.zeros(5, dtype=[("x", "<f4"), ("id", "i1")])["x"],
        np.random.default_rng(0).normal(size=(300, 40, 7)).transpose(2, 0, 1)[::2, :, 1::3],
        torch.arange(24.0).reshape(4, 6)[:, ::2],
        torch.arange(3.0).reshape(3, 1).expand(3, 3),
        torch.randn(100, 101, dtype=torch.bfloat16).T[3:, ::5],
    ],
    ids=str,
)
def test_views_with_gaps_are_read_through_their_strides(view: Any) -> None:
    copy = view.contiguous() if isinstance(view, torch.Tensor) else np.ascontiguousarray(view)
    expected = furca.Sketch(copy)
    sketch = furca.Sketch(view)
    shares = np.linspace(0, 1, 21)
    assert np.array_equal(sketch.quantile(shares), expected.quantile(shares))
    assert sketch.stats.count == expected.stats.count == np.prod(view.shape)
    assert sketch.stats.mean == pytest.approx(expected.stats.mean, rel=1e-12, abs=1e-12)
    assert sketch.stats.std == pytest.approx(expected.stats.std, rel=1e-12)
    with furca.Session() as session:
        session.look(0, {"x": view})
        assert session.stats(0).count == expected.stats.count


@pytest.mark.parametrize(
    "values, name",
    [
        (np.arange(3), "int64"),
        (np.zeros(3, bool), "bool"),
        (np.zeros(3, complex), "complex128"),
        (np.zeros(3, np.longdouble), np.dtype(np.longdouble).name),
        (np.zeros(3, ">f4"), "other byte order"),
        (np.array(["a"]), "str"),
        (np.array([1.5, None], dtype=object), "object"),
        (np.zeros(3, ml_dtypes.float8_e3m4), "float8_e3m4"),
        (np.zeros(3, [("x", np.float32)]), "void"),
        (torch.arange(3), "int64"),
        (torch.zeros(3, dtype=torch.complex64), "complex64"),
        (b"bytes", "uint8"),
    ],
)
def test_other_dtypes_are_named(values: object, name: str) -> None:
    with pytest.raises(DTypeError, match=f"{name}.*only float32, float64, .* and int8"):
        furca.Sketch(values)


@pytest.mark.parametrize("thing", [3, 2.5, "text", [1.0, 2.0], object(), {}])
def test_what_is_no_array(thing: object) -> None:
    with pytest.raises(DTypeError, match=f"{type(thing).__name__} .*torch tensor, a numpy array or a buffer"):
        furca.Sketch(thing)


def test_meta_fake_and_sparse_tensors() -> None:
    from torch._subclasses.fake_tensor import FakeTensorMode

    with pytest.raises(ShapeError, match="meta device"):
        furca.Sketch(torch.empty(3, device="meta"))
    with FakeTensorMode(), pytest.raises(ShapeError, match="fake tensor, which has no memory"):
        furca.Sketch(torch.empty(3))
    with pytest.raises(ShapeError, match="sparse_coo.*only dense tensors"):
        furca.Sketch(torch.eye(3).to_sparse())


class OnCUDA(torch.Tensor):
    """Says of itself what a tensor on a graphics processor says."""

    is_cpu = property(lambda self: False)
    is_cuda = property(lambda self: True)
    device = property(lambda self: torch.device("cuda:0"))


def test_a_tensor_on_a_graphics_processor() -> None:
    if torch.cuda.is_available():
        tensor = torch.zeros(3, device="cuda")
    else:
        tensor = torch.zeros(3).as_subclass(OnCUDA)
    with pytest.raises(ShapeError, match=r"\(3,\).*on cuda:0, and only the CPU's memory is read"):
        furca.Sketch(tensor)


def test_a_tensor_whose_memory_was_given_back() -> None:
    tensor = torch.zeros(100)
    tensor.untyped_storage().resize_(0)
    with pytest.raises(ShapeError, match="no memory"):
        furca.Sketch(tensor)


def test_a_null_pointer_with_a_count() -> None:
    from furca import _abi

    sketch = furca.Sketch()
    with pytest.raises(ArgumentError, match="5 elements at a null pointer"):
        _abi.library.furca_sketch_update(sketch._handle, None, 5, _abi.FLOAT32)
    _abi.library.furca_sketch_update(sketch._handle, None, 0, _abi.FLOAT32)
    with pytest.raises(DTypeError, match="dtype 99"):
        _abi.library.furca_sketch_update(sketch._handle, None, 0, 99)
    assert sketch.stats.count == 0
