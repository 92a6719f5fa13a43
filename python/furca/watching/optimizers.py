"""The optimizers that train a model: which of their steps make a step of the training."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Callable, Iterable, Sequence, Union

from ..errors import ArgumentError
from .hook import StepHook
from .parameters import Gap
from .scaling import Scaling

if TYPE_CHECKING:
    import torch

    Named = Sequence[tuple[str, torch.nn.Parameter]]

Given = Union["torch.optim.Optimizer", Sequence["torch.optim.Optimizer"], None]

#: After so many steps of one optimizer without a step of all of them, the user is told.
PATIENCE = 64


def unwrapped(optimizers: Given) -> list[torch.optim.Optimizer]:
    """The optimizers whose hooks are called, without what Accelerate or Lightning put around them.

    Raises ArgumentError for what is no optimizer.
    """
    if optimizers is None:
        return []
    given: Any = optimizers
    one = hasattr(given, "param_groups") or not hasattr(given, "__iter__")
    return [_bare(optimizer) for optimizer in ([given] if one else given)]


def scaler_of(optimizers: Given) -> Any:
    """The gradient scaler that Accelerate has put around an optimizer; None if there is none."""
    given: Any = optimizers
    for optimizer in given if isinstance(given, (list, tuple)) else [given]:
        while optimizer is not None and not isinstance(getattr(optimizer, "scaler", None), _scaler_class()):
            optimizer = getattr(optimizer, "optimizer", None)
        if optimizer is not None:
            return optimizer.scaler
    return None


def _scaler_class() -> type:
    from torch.amp import GradScaler

    return GradScaler


def _bare(optimizer: Any) -> torch.optim.Optimizer:
    while not _calls_hooks(optimizer) and hasattr(optimizer, "optimizer"):
        optimizer = optimizer.optimizer
    if not _calls_hooks(optimizer):
        raise ArgumentError(
            f"a {type(optimizer).__name__} is no torch optimizer that calls hooks after its steps: "
            "watch without an optimizer and call scope.tick() after each step"
        )
    found: torch.optim.Optimizer = optimizer
    return found


def _calls_hooks(optimizer: Any) -> bool:
    """torch wraps the class's `step` when the first of its instances is made."""
    return hasattr(optimizer, "register_step_post_hook") and getattr(type(optimizer).step, "hooked", False)


class Optimizers:
    """Counts a step of the training when each optimizer has stepped since the last one.

    So one optimizer per parameter, stepped during the backward pass, makes one step; and of two that take turns, the
    rarer one gives the count. A step that a gradient scaler makes the optimizer skip is none.
    """

    def __init__(
        self, optimizers: Sequence[torch.optim.Optimizer], scaler: torch.amp.GradScaler | None = None
    ) -> None:
        """scaler: the one that may make the optimizers skip a step."""
        self._scaling = None if scaler is None else Scaling(scaler)
        self._references = [weakref.ref(optimizer) for optimizer in optimizers]
        self._names = [type(optimizer).__name__ for optimizer in optimizers]
        self._stepped = [0] * len(optimizers)
        self._total = [0] * len(optimizers)
        self._index = {id(optimizer): index for index, optimizer in enumerate(optimizers)}
        self._handles: list[Any] = []
        self._hooks: list[StepHook] = []
        #: Steps that a gradient scaler made an optimizer skip, and the training step after which the first one was.
        self.skipped = 0
        self.first_skip: int | None = None
        self._skipped_there: dict[torch.device, torch.Tensor] = {}

    def __len__(self) -> int:
        return len(self._references)

    def attach(self, before: Callable[[Any, bool], None], after: Callable[[Any, bool], None]) -> None:
        """Has `before` and `after` called around each step of each optimizer."""
        for reference in self._references:
            optimizer = reference()
            if optimizer is None:
                continue
            hooks = StepHook(before), StepHook(after)
            self._hooks += hooks
            self._handles += [optimizer.register_step_pre_hook(hooks[0]), optimizer.register_step_post_hook(hooks[1])]

    def detach(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def stepped(self, optimizer: torch.optim.Optimizer) -> bool:
        """Notes a step of one optimizer. True if with it a step of the training is over."""
        index = self._index[id(optimizer)]
        self._stepped[index] += 1
        self._total[index] += 1
        if not all(self._stepped):
            return False
        self._stepped = [0] * len(self)
        return True

    def skips(self, optimizer: torch.optim.Optimizer, step: int) -> bool:
        """Whether a gradient scaler has told the optimizer, which is about to step, to change nothing."""
        found = getattr(optimizer, "found_inf", None)
        if found is None:
            self._note_skipped(step)
            return False
        # The optimizer is told itself.
        self._scaling = None
        if not found.is_cpu:
            # To ask a device would make the training wait for it: such steps are counted there, and told in the end.
            before = self._skipped_there.get(found.device)
            self._skipped_there[found.device] = found.clone() if before is None else before + found
            return False
        if not bool(found):
            return False
        self._skip(1, step)
        return True

    def _note_skipped(self, step: int) -> None:
        """Takes note of steps that were skipped without a call of the optimizer."""
        if self._scaling is not None:
            self._skip(self._scaling.skipped(), step)

    def _skip(self, count: int, step: int) -> None:
        self.skipped += count
        if count and self.first_skip is None:
            self.first_skip = step

    def waiting(self) -> str | None:
        """Told once: which optimizers keep the step from being counted though others step on; None if none does."""
        if max(self._stepped, default=0) != PATIENCE:
            return None
        still = [name for name, count in zip(self._names, self._stepped) if count == 0]
        return (
            f"a step is counted when all {len(self)} optimizers have stepped, and {', '.join(still)} has not for "
            f"{PATIENCE} steps of another: watch without that one, or call scope.tick()"
        )

    def gaps(self, step: int, steps_counted: bool) -> Iterable[Gap]:
        """What a reader of the run should know about its steps, of which `step` is the last.

        steps_counted: whether any was, in whatever way.
        """
        self._note_skipped(step)
        if self.skipped:
            yield Gap(
                "optimizer",
                f"{self.skipped} updates were skipped by the gradient scaler because gradients were not finite, "
                f"the first after step {self.first_skip}",
            )
        if there := sum(int(count.sum()) for count in self._skipped_there.values()):
            yield Gap(
                "optimizer",
                f"{there} updates were skipped by the gradient scaler because gradients were not finite; on a device only the "
                "end tells, so they were counted as steps",
            )
        if len(self) > 1:
            for name, total in zip(self._names, self._total):
                if total == 0 and any(self._total):
                    yield Gap("optimizer", f"one of the {len(self)}, {name}, never stepped")
        if any(hook.compiled for hook in self._hooks) and not steps_counted:
            yield Gap(
                "optimizer", "its step was compiled as a whole, so no step was counted: call scope.tick() after each step"
            )

    def own(self, optimizer: torch.optim.Optimizer, parameters: Named) -> Named:
        """Those of `parameters` that this optimizer trains; all of them if there is no other optimizer."""
        if len(self) == 1:
            return parameters
        own = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
        return [(name, parameter) for name, parameter in parameters if id(parameter) in own]

    @property
    def parameter_count(self) -> int:
        """How many parameters all of them train now."""
        return sum(
            len(group["params"]) for reference in self._references if (o := reference()) for group in o.param_groups
        )

    def alive(self) -> list[torch.optim.Optimizer]:
        return [optimizer for reference in self._references if (optimizer := reference()) is not None]
