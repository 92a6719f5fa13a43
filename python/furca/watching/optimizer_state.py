"""What an optimizer keeps of each parameter: Adam's moments, momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Sequence

from .quantity import Quantity

if TYPE_CHECKING:
    import torch


class OptimizerState(Quantity):
    """The tensors in an optimizer's state, named `<parameter>.<key>`: `blocks.0.ln1.bias.exp_avg_sq`."""

    def observe(
        self,
        step: int,
        parameters: Sequence[tuple[str, torch.nn.Parameter]],
        optimizers: Iterable[torch.optim.Optimizer],
    ) -> None:
        """Looks at the state as it is now. Single numbers, such as Adam's own count of steps, are left out."""
        self.look(
            step,
            [
                (f"{name}.{key}", value)
                for optimizer in optimizers
                for name, parameter in parameters
                for key, value in _state_of(optimizer, parameter).items()
                if hasattr(value, "numel") and value.dim() > 0
            ],
        )


def _state_of(optimizer: torch.optim.Optimizer, parameter: torch.nn.Parameter) -> dict[str, torch.Tensor]:
    # Asked with `in`, for a defaultdict would make an entry and so look initialised to the optimizer.
    return optimizer.state[parameter] if parameter in optimizer.state else {}
