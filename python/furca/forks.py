"""The events of a run, and the trees that they make."""

from __future__ import annotations

from typing import Callable, Iterable, List, NamedTuple, Sequence

from .errors import ArgumentError
from .events import ForkEvent
from .modes import Branch
from .tree import Tree


class Seen(NamedTuple):
    """Between which looks a tensor was seen, and its branches at the last."""

    first: int | None
    last: int | None
    branches: Sequence[Branch]


class Forks(List[ForkEvent]):
    """Events in the order in which they were seen: a list that knows what its tensors became.

    >>> print(run.forks("lnf.bias").tree())
    """

    def __init__(
        self,
        events: Iterable[ForkEvent] = (),
        *,
        tensor: str | None = None,
        seen: Callable[[str], Seen] | None = None,
    ) -> None:
        """tensor: of which all of them are. seen: what is known of a tensor beside its events."""
        super().__init__(events)
        self._tensor = tensor
        self._seen = seen

    def tree(self, tensor: str | None = None) -> Tree:
        """How the branches of a tensor sprang from one another: `print` it, or walk through its `branches`.

        tensor: which one; it need not be said if all events are of one. Raises ArgumentError if it must be.
        """
        tensor = tensor or self._tensor or self._only()
        events = [event for event in self if event.tensor == tensor]
        seen = self._seen(tensor) if self._seen is not None else Seen(None, None, ())
        return Tree.of(tensor, events, first=seen.first, last=seen.last, now=seen.branches)

    def _only(self) -> str:
        names = sorted({event.tensor for event in self})
        if len(names) == 1:
            return names[0]
        if not names:
            raise ArgumentError('there are no events here: say of which tensor the tree is to be, as in forks.tree("lnf.bias")')
        raise ArgumentError(
            f'these are events of {len(names)} tensors: say of which the tree is to be, as in forks.tree("{names[0]}")'
        )

    def __reduce__(self) -> tuple[type[Forks], tuple[list[ForkEvent]]]:
        # A copy in another process has the events alone.
        return Forks, (list(self),)
