"""Where a tensor is, and what that means for who looks at it."""

from __future__ import annotations

from typing import Any

from .._buffers import not_an_array, unreadable


#: Devices whose tensors are in the CPU's memory, or in none.
NO_DEVICES = ("cpu", "meta")


def is_remote(tensor: Any) -> bool:
    """Whether its elements are in a memory that only a device reads."""
    return tensor.device.type not in NO_DEVICES


def unreachable(tensor: Any) -> str | None:
    """Why a torch tensor cannot be looked at, wherever it is, or None if it can. There may be gaps between its elements."""
    if not is_remote(tensor):
        return unreadable(tensor, gaps=True)
    import torch

    if tensor.device.type == "cuda" and not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return f"it is on {tensor.device}, which torch has not set up in this process"
    return not_an_array(tensor)
