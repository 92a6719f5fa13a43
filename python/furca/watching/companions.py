"""Everything that is looked at beside the parameters themselves, and when in the course of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Sequence

from ..session import Session
from .gradients import Gradients
from .optimizer_state import OptimizerState
from .parameters import Gap
from .quantity import Observe
from .updates import Updates

if TYPE_CHECKING:
    import torch

    Named = Sequence[tuple[str, torch.nn.Parameter]]


class Companions:
    """The gradients, optimizer state and updates of the parameters, as far as they were asked for."""

    def __init__(
        self, session: Session, observe: Observe, *, gradients: bool, optimizer_state: bool, updates: bool
    ) -> None:
        self._gradients = Gradients(session, observe) if gradients else None
        self._state = OptimizerState(session, observe) if optimizer_state else None
        self._updates = Updates(session, observe) if updates else None
        self._begun: tuple[int, set[int]] = (-1, set())

    def __bool__(self) -> bool:
        return any(self._all())

    def before_step(self, step: int, optimizer: torch.optim.Optimizer, parameters: Named, *, closure: bool) -> None:
        """What must be seen before an optimizer writes. `step` is the one that its update makes.

        closure: whether the optimizer has yet to compute the gradients by itself.
        """
        if not self._begins(step, optimizer):
            return
        if self._gradients is not None and not closure:
            self._gradients.observe(step, parameters, getattr(optimizer, "grad_scale", None))
        if self._updates is not None:
            self._updates.keep(parameters)

    def after_closure(self, step: int, parameters: Named) -> None:
        """After a step that computed the gradients itself: those of its last evaluation are still there."""
        if self._gradients is not None:
            self._gradients.observe(step, parameters)

    def after_step(self, step: int, parameters: Named, optimizers: Sequence[torch.optim.Optimizer]) -> None:
        """When all optimizers have stepped."""
        if self._updates is not None:
            self._updates.observe(step, parameters)
        if self._state is not None:
            self._state.observe(step, parameters, optimizers)

    def gaps(self) -> Iterator[Gap]:
        for quantity in self._all():
            yield from quantity.gaps()

    def _begins(self, step: int, optimizer: torch.optim.Optimizer) -> bool:
        """False if this was asked before for the same step: when a step failed and is tried again."""
        if self._begun[0] != step:
            self._begun = step, set()
        if id(optimizer) in self._begun[1]:
            return False
        self._begun[1].add(id(optimizer))
        return True

    def _all(self) -> Iterator[Gradients | OptimizerState | Updates]:
        return (quantity for quantity in (self._gradients, self._state, self._updates) if quantity is not None)
