"""The gradients that an optimizer is about to use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable

from .quantity import Quantity

if TYPE_CHECKING:
    import torch


class Gradients(Quantity):
    """Each parameter's gradient, named `<parameter>.grad`; the one at a step is the one that made the step's update."""

    def observe(
        self, step: int, parameters: Iterable[tuple[str, torch.nn.Parameter]], scale: torch.Tensor | None = None
    ) -> None:
        """Looks at the gradients as they are now.

        scale: what a gradient scaler has multiplied them by and the optimizer will divide by, as fused ones do themselves.
        """
        self.look(step, ((f"{name}.grad", parameter.grad) for name, parameter in parameters), divisor=scale)

    def absence(self) -> str:
        return "the parameter never had a gradient"
