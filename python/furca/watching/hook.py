"""What the optimizer calls after each step."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable


class StepHook:
    """A hook that leaves no trace in a copy or a pickle of the optimizer that carries it."""

    def __init__(self, after_step: Callable[[], None]) -> None:
        self._after_step = after_step

    def __call__(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        self._after_step()

    def __reduce__(self) -> tuple[Any, ...]:
        # Optimizers leave their hooks out of pickles and copies, but a subclass may not. What it then gets in this place takes
        # the hook's three arguments, does nothing with them, and is known wherever Python is.
        return partial, (slice,)
