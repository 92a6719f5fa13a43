"""What a step of the optimizer changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable

from .. import devices
from ..session import Session
from ..distributed.local import local, whole_shape
from .quantity import Observe, Quantity

if TYPE_CHECKING:
    import torch


class Updates(Quantity):
    """The change of each parameter by one step, named `<parameter>.update`, and two numbers at each look:

    `<parameter>.update_ratio`, the norm of the change over that of the parameter before it, and
    `<parameter>.unchanged`, the share of the elements whose bits the step left as they were: near 1, training stalls.

    Needs a copy of the parameters, kept from before the step until after it.
    """

    def __init__(self, session: Session, observe: Observe) -> None:
        super().__init__(session, observe)
        self._before: dict[str, torch.Tensor] = {}
        self._wholes: dict[str, torch.Size | None] = {}

    def keep(self, parameters: Iterable[tuple[str, torch.nn.Parameter]]) -> None:
        """Copies the parameters as they are before the step."""
        for name, parameter in parameters:
            values = local(parameter).detach()
            copy = self._before.get(name)
            if copy is None or copy.shape != values.shape or copy.dtype is not values.dtype:
                if devices.unreachable(values) is not None:
                    continue
                copy = self._before[name] = values.clone()
                self._wholes[f"{name}.update"] = whole_shape(parameter)
            else:
                copy.copy_(values)

    def observe(self, step: int, parameters: Iterable[tuple[str, torch.nn.Parameter]]) -> None:
        """Looks at how the parameters differ from the copies, which become the differences."""
        differences, numbers = [], []
        for name, parameter in parameters:
            before, after = self._before.get(name), local(parameter).detach()
            if before is None or before.shape != after.shape or before.dtype is not after.dtype or not after.numel():
                continue
            numbers.append((f"{name}.unchanged", _unchanged(before, after)))
            norm = _norm(before)
            change = after.to(_wide(after)) - before
            numbers.append((f"{name}.update_ratio", (_norm(change) / norm).masked_fill(norm == 0, float("nan"))))
            before.copy_(change)
            differences.append((f"{name}.update", before))
        self.look(step, differences, numbers)

    def whole_shape(self, name: str, tensor: torch.Tensor) -> torch.Size | None:
        return self._wholes[name]


def _unchanged(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    """The share of elements with the same bits: unlike the values, NaN agrees with itself, and 0 differs from -0."""
    import torch

    bits = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[after.element_size()]
    share: torch.Tensor = (before.view(bits) == after.view(bits)).sum().to(_number(after)) / after.numel()
    return share


def _norm(values: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.linalg.vector_norm(values, dtype=_number(values))


def _number(values: torch.Tensor) -> torch.dtype:
    """A dtype for sums of many values, where they are: MPS has no float64."""
    import torch

    return torch.float32 if values.device.type == "mps" else torch.float64


def _wide(values: torch.Tensor) -> torch.dtype:
    """A dtype in which the difference of two values of this one is as good as exact."""
    import torch

    return torch.float64 if values.dtype is torch.float64 else torch.float32
