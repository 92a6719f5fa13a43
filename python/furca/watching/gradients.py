"""The gradients that an optimizer is about to use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Iterator

from ..distributed.local import local, why_not_here
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
        gradients = ((f"{name}.grad", parameter.grad) for name, parameter in parameters)
        if scale is None:
            self.look(step, gradients)
        else:
            self._look_unscaled(step, gradients, scale)

    def _look_unscaled(
        self, step: int, gradients: Iterator[tuple[str, torch.Tensor | None]], scale: torch.Tensor
    ) -> None:
        """One at a time, so that one copy divided by the scale is there at once and no more."""
        for name, gradient in gradients:
            if gradient is not None and not gradient.is_sparse and why_not_here(gradient) is None:
                gradient = local(gradient).detach() / scale.to(gradient.dtype)
            self.look(step, [(name, gradient)])

    def absence(self) -> str:
        return "the parameter never had a gradient"
