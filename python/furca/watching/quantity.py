"""Tensors that are looked at beside the parameters: gradients, the optimizer's moments, updates. They are not tested for forks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Iterator, Protocol, Sequence

from .. import devices
from .._buffers import dtype_name
from ..errors import FurcaError
from ..session import Session
from ..distributed.local import local, whole_shape, why_not_here
from .parameters import Gap

if TYPE_CHECKING:
    import torch


class Observe(Protocol):
    """Looks at tensors, each with its number in the session, wherever they are; `Observer.observe` is one."""

    def __call__(
        self,
        step: int,
        tensors: Sequence[tuple[int, torch.Tensor]],
        numbers: Sequence[tuple[str, torch.Tensor]] = (),
        divisor: torch.Tensor | None = None,
    ) -> None: ...


class Quantity:
    """Tensors of one kind, each made known to the session when it is first there. Holds on to none of them."""

    def __init__(self, session: Session, observe: Observe) -> None:
        self._session = session
        self._observe = observe
        self._known: dict[str, tuple[int, torch.dtype, torch.Size]] = {}
        self._reasons: dict[str, str] = {}

    def look(
        self,
        step: int,
        tensors: Iterable[tuple[str, torch.Tensor | None]],
        numbers: Sequence[tuple[str, torch.Tensor]] = (),
        divisor: torch.Tensor | None = None,
    ) -> None:
        """Looks at those that are there and can be read. `gaps` says of the others why they were not.

        numbers: of one element each, to be logged by name.
        divisor: what the tensors are divided by before they are looked at.
        """
        found = []
        for name, tensor in tensors:
            row = self._row(name, tensor)
            if row is not None:
                found.append(row)
        # Looks of several processes are matched by their order, so that one with nothing to look at says so.
        if found or numbers or self._session.is_shared:
            self._observe(step, found, numbers, divisor)

    def gaps(self) -> Iterator[Gap]:
        """What was never seen, or not to the end, and why."""
        for name, reason in self._reasons.items():
            yield Gap(name, reason)

    def absence(self) -> str:
        """Why a tensor that is None may be so."""
        return "it was never there"

    def whole_shape(self, name: str, tensor: torch.Tensor) -> torch.Size | None:
        """Of the tensor of which this one is a shard; None if it is no shard."""
        return whole_shape(tensor)

    def _row(self, name: str, tensor: torch.Tensor | None) -> tuple[int, torch.Tensor] | None:
        """What this process holds of the tensor, with its number; None if it cannot be read now."""
        known = self._known.get(name)
        if tensor is not None:
            if (reason := why_not_here(tensor)) is not None:
                self._reasons[name] = reason
                return None
        if tensor is None:
            if known is None:
                self._reasons[name] = self.absence()
            return None
        if known is None:
            known = self._register(name, tensor)
            if known is None:
                return None
        tensor = local(tensor)
        number, dtype, shape = known
        if tensor.dtype is not dtype or tensor.shape != shape:
            self._reasons[name] = (
                f"not seen since it changed from {str(dtype).removeprefix('torch.')} {tuple(shape)} "
                f"to {dtype_name(tensor)} {tuple(tensor.shape)}"
            )
            return None
        if (reason := devices.unreachable(tensor)) is not None:
            self._reasons[name] = f"not always seen: {reason}"
            return None
        return number, tensor

    def _register(self, name: str, whole: torch.Tensor) -> tuple[int, torch.dtype, torch.Size] | None:
        tensor = local(whole)
        try:
            reason = devices.unreachable(tensor)
            if reason is None:
                number = self._session.register(name, dtype_name(tensor), tensor.shape, whole=self.whole_shape(name, whole))
                self._session.exempt(number)
        except FurcaError as error:
            reason = str(error)
        if reason is not None:
            self._reasons[name] = reason
            return None
        self._reasons.pop(name, None)
        self._known[name] = number, tensor.dtype, tensor.shape
        return self._known[name]
