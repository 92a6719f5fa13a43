"""What the callbacks of all frameworks have in common."""

from __future__ import annotations

import os
from numbers import Number
from typing import Any, Callable, Iterable, Mapping, Union

from ..events import ForkEvent
from ..watching import Scope, watch


class Watching:
    """What the callbacks of all frameworks are: each watches one training at a time, and remembers whether an event asked for its
    end. The class of the framework's own callbacks comes second among a callback's bases.
    """

    def __init__(
        self,
        run: Union[str, os.PathLike[str], None] = None,
        *,
        stop_on: Union[str, Iterable[str]] = (),
        on_event: Union[Callable[[ForkEvent], object], None] = None,
        **options: Any,
    ) -> None:
        """
        run, options: as in `furca.watch`.
        stop_on: kinds or labels of events that end the training: "learned", "nonfinite".
        on_event: called with each event.
        """
        super().__init__()
        self._run = run
        self._stop_on = {stop_on} if isinstance(stop_on, str) else set(stop_on)
        self._on_event = on_event
        self._options = options
        #: What `furca.watch` returned; None before the training.
        self.scope: Scope | None = None
        self._should_stop = False

    def _begin(self, model: Any, optimizer: Any, step: int, scaler: Any = None) -> None:
        """Watches from `step` on. A training that goes on from a checkpoint goes on with its run file."""
        self._finish()
        self._should_stop = False
        options = {"resume": step > 0, "scaler": scaler, **self._options}
        self.scope = watch(model, optimizer, run=self._run, step=step, on_event=self._hear, **options)

    def _record(self, metrics: Mapping[str, Any]) -> None:
        """Records those of a framework's metrics that are numbers."""
        if self.scope is not None and not self.scope.session.closed:
            self.scope.log(**{name: value for name, value in metrics.items() if _is_number(value)})

    def _finish(self) -> None:
        if self.scope is not None:
            self.scope.close()

    def _hear(self, event: ForkEvent) -> None:
        if event.kind in self._stop_on or event.label in self._stop_on:
            self._should_stop = True
        if self._on_event is not None:
            self._on_event(event)


def _is_number(value: Any) -> bool:
    """Numbers, and tensors that hold one."""
    return isinstance(value, Number) or (hasattr(value, "numel") and value.numel() == 1)
