"""What an optimizer calls before and after each of its steps."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, Callable


class StepHook:
    """A hook that leaves no trace in a copy or a pickle of the optimizer that carries it.

    When torch.compile traces the optimizer's step, the hook compiles to nothing, so that it neither breaks the graph nor
    stands in the way of the next one, and when a CUDA graph is captured, it does not become part of it. It then only remembers
    that this happened: see `Scope.tick`.
    """

    def __init__(self, call: Callable[[Any, bool], None]) -> None:
        """`call` gets the optimizer, and whether its step was given a closure that computes the gradients."""
        self._call = call
        self.compiled = False

    def __call__(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        from torch.compiler import is_compiling

        if is_compiling() or _is_captured():
            self.compiled = True
            return
        closure = kwargs.get("closure", args[1] if len(args) > 1 else None)
        self._call(optimizer, closure is not None)

    def __reduce__(self) -> tuple[Any, ...]:
        # Optimizers leave their hooks out of pickles and copies, but a subclass may not. What it then gets in this place takes
        # the hook's three arguments, returns None, as a hook before the step must, and is known wherever Python is.
        return getattr, (nullcontext(), "__exit__")


def _is_captured() -> bool:
    from torch import cuda

    return cuda.is_initialized() and cuda.is_current_stream_capturing()  # type: ignore[no-untyped-call]
