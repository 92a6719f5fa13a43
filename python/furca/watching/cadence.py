"""Which steps are looked at, before any budget."""

from __future__ import annotations

from typing import Callable, Union

from ..errors import ArgumentError

#: What `watch(every=…)` takes.
Every = Union[int, str, Callable[[int], bool]]

#: Up to this step every step is looked at, whatever `every` says; `Session` has the same for the budget.
ALWAYS_UNTIL = 16


def cadence(every: Every) -> Callable[[int], bool]:
    """Tells of a step whether it is one to look at. Steps 0 to 16 always are.

    every: a number n, for every n-th step; "log", for steps 1, 2, 4, … 512 and then every 1000th; or a function of the step.

    >>> [step for step in range(3000) if cadence("log")(step) and step > 16]
    [32, 64, 128, 256, 512, 1000, 2000]

    Raises ArgumentError for anything else.
    """
    chosen: Callable[[int], object]
    if every == "log":
        chosen = _is_logarithmic
    elif isinstance(every, int) and not isinstance(every, bool) and every >= 1:
        chosen = lambda step: step % every == 0  # noqa: E731
    elif callable(every):
        chosen = every
    else:
        raise ArgumentError(f'every is {every!r}: it must be a number of steps, at least 1, "log", or a function of the step')
    return lambda step: step <= ALWAYS_UNTIL or bool(chosen(step))


def _is_logarithmic(step: int) -> bool:
    return step % 1000 == 0 if step > 512 else step & (step - 1) == 0
