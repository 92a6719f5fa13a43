"""The part of a tensor that this process holds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .flat import stretch_of

if TYPE_CHECKING:
    import torch


def local(tensor: torch.Tensor) -> torch.Tensor:
    """A DTensor's local shard; of any other tensor, the tensor itself."""
    if not _is_dtensor(tensor):
        return tensor
    sharded: Any = tensor.detach()
    shard: torch.Tensor = sharded.to_local()
    return shard


def whole_shape(tensor: torch.Tensor) -> torch.Size | None:
    """Of the tensor of which this process holds a part; None if it holds all of it."""
    if (stretch := stretch_of(tensor)) is not None:
        return stretch.whole
    return tensor.shape if _is_dtensor(tensor) else None


def is_sharded(tensor: Any) -> bool:
    """Whether several processes share it out: a DTensor, as FSDP2 and tensor parallelism make them, or a parameter of FSDP."""
    return _is_dtensor(tensor) or stretch_of(tensor) is not None


def _is_dtensor(tensor: Any) -> bool:
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(tensor, module.DTensor)


def why_not_here(tensor: Any) -> str | None:
    """Why another process looks at this process's part of a tensor, or nobody does; None if this one should.

    Of parts that several processes hold alike, the first one's is looked at, so that each element counts once.
    """
    if (stretch := stretch_of(tensor)) is not None:
        return "the same part is looked at on another rank" if stretch.is_elsewhere else None
    if not _is_dtensor(tensor):
        return None
    coordinate = tensor.device_mesh.get_coordinate()
    if coordinate is None:
        return "this process holds no part of it"
    for index, placement in zip(coordinate, tensor.placements):
        if placement.is_partial():
            return "its elements are sums over processes that have not been made yet"
        if placement.is_replicate() and index != 0:
            return "the same part is looked at on another rank"
    return None


def why_never(tensor: Any) -> str | None:
    """Why no process can look at a tensor that is shared out; None if some can."""
    stretch = stretch_of(tensor)
    return None if stretch is None else stretch.why_never
