"""The parameters that are looked at together, as the library wants them: an array of addresses, refreshed at every look."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple, Sequence

from .. import _abi, devices
from .._buffers import DTYPES, Strides, dtype_name, elements_of, is_dense
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


def buffers_of(tensors: Sequence[tuple[int, torch.Tensor]]) -> tuple[Any, Any]:
    """Where tensors in the CPU's memory are, each with its number in the session, and what must live as long as that is asked."""
    rows, owners = [], []
    for number, tensor in tensors:
        if tensor.is_contiguous():
            rows.append((tensor.data_ptr(), tensor.numel(), number, DTYPES[dtype_name(tensor)]))
        else:
            elements = elements_of(tensor)
            owners.append(elements)
            rows.append((elements.address, elements.count, number, elements.dtype))
    return (_abi.Buffer * len(rows))(*(_abi.Buffer(*row) for row in rows)), owners


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
        self._strides: dict[int, Strides] = {}
        self._shards = any(is_sharded(member.parameter()) for member in self.members)
        #: Whether any member is not in the CPU's memory: then the buffers do not say where it is.
        self.is_remote = any(
            devices.is_remote(local(parameter)) for member in self.members if (parameter := member.parameter()) is not None
        )

    def __len__(self) -> int:
        return len(self.members)

    def tensors(self) -> list[tuple[int, torch.Tensor]]:
        """What the members hold here, each with its number in the session."""
        return [(m.tensor, local(parameter)) for m in self.members if (parameter := m.parameter()) is not None]

    def refresh(self) -> bool:
        """Takes every member's address anew, for parameters move. False if one cannot be looked at as it is now."""
        if self.is_remote or not self._refresh():
            self.is_remote = any(devices.is_remote(tensor) for _, tensor in self.tensors())
            return self._refresh() if not self.is_remote else all(member.trouble() is None for member in self.members)
        return True

    def _refresh(self) -> bool:
        shards = self._shards
        for buffer, reference, dtype, shape in self._rows:
            parameter: torch.Tensor | None = reference()
            if parameter is not None and shards:
                parameter = local(parameter)
            if parameter is None or parameter.dtype is not dtype or parameter.shape != shape or not parameter.is_cpu:
                return False
            address = parameter.data_ptr()
            if address == 0 and buffer.count != 0:
                return False
            if parameter.is_contiguous() or is_dense(shape, parameter.stride()):
                buffer.data = address
                if buffer.dtype & _abi.STRIDED:
                    buffer.dtype &= ~_abi.STRIDED
            else:
                buffer.data = self._strided(buffer.tensor, parameter).at(address)
                buffer.dtype |= _abi.STRIDED
        return True

    def _strided(self, tensor: int, parameter: torch.Tensor) -> Strides:
        known = self._strides.get(tensor)
        if known is None or known.strides != parameter.stride():
            known = self._strides[tensor] = Strides(parameter.shape, parameter.stride(), parameter.element_size())
        return known
