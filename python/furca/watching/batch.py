"""The parameters that are looked at together, as the library wants them: an array of addresses, refreshed at every look."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, NamedTuple, Sequence

from .. import _abi
from .._buffers import DTYPES, dtype_name, is_dense
from ..distributed.local import is_sharded, local
from .parameters import why_not

if TYPE_CHECKING:
    import torch


class Member(NamedTuple):
    """A registered parameter, or the part of it that this process holds. It does not keep the parameter alive."""

    tensor: int
    name: str
    parameter: weakref.ref[torch.nn.Parameter]
    dtype: torch.dtype
    shape: torch.Size

    @classmethod
    def of(cls, tensor: int, name: str, parameter: torch.nn.Parameter) -> Member:
        return cls(tensor, name, weakref.ref(parameter), parameter.dtype, local(parameter).shape)

    def trouble(self) -> str | None:
        """Why it can no longer be looked at, or None if it can."""
        parameter = self.parameter()
        if parameter is None:
            return "it is gone"
        if (reason := why_not(parameter)) is not None:
            return reason
        if parameter.dtype is not self.dtype:
            return f"its dtype changed from {str(self.dtype).removeprefix('torch.')} to {dtype_name(parameter)}"
        if (shape := local(parameter).shape) != self.shape:
            return f"its shape changed from {tuple(self.shape)} to {tuple(shape)}"
        return None


class Batch:
    """Members and the buffers that say where each is."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = tuple(members)
        self.buffers = (_abi.Buffer * len(self.members))(
            *(_abi.Buffer(None, m.shape.numel(), m.tensor, DTYPES[dtype_name(m)]) for m in self.members)
        )
        # What a look touches, side by side: views of the array's entries, and plain attributes.
        self._rows = [
            (buffer, member.parameter, member.dtype, member.shape)
            for buffer, member in zip(self.buffers, self.members)
        ]

        self._shards = any(is_sharded(member.parameter()) for member in self.members)

    def __len__(self) -> int:
        return len(self.members)

    def refresh(self) -> bool:
        """Takes every member's address anew, for parameters move. False if one cannot be looked at as it is now."""
        shards = self._shards
        for buffer, reference, dtype, shape in self._rows:
            parameter: torch.Tensor | None = reference()
            if parameter is not None and shards:
                parameter = local(parameter)
            if (
                parameter is None
                or parameter.dtype is not dtype
                or parameter.shape != shape
                or not parameter.is_cpu
                or not (parameter.is_contiguous() or is_dense(shape, parameter.stride()))
            ):
                return False
            address = parameter.data_ptr()
            if address == 0 and buffer.count != 0:
                return False
            buffer.data = address
        return True
