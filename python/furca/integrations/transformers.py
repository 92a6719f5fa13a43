"""Hugging Face's Trainer.

    from furca.integrations.transformers import FurcaCallback
    trainer = Trainer(model, args, train_dataset=data, callbacks=[FurcaCallback("runs/a.furca")])
"""

from __future__ import annotations

import os
from typing import Any, Callable, Iterable, Union

from transformers import TrainerCallback

from ..events import ForkEvent
from ..watching import Scope
from ._training import Training


class FurcaCallback(TrainerCallback):
    """Watches the model from the beginning of `Trainer.train` to its end, and records what the trainer logs.

    run, options: as in `furca.watch`.
    stop_on: kinds or labels of events that end the training: "learned", "nonfinite".
    on_event: called with each event.
    """

    def __init__(
        self,
        run: Union[str, os.PathLike[str], None] = None,
        *,
        stop_on: Union[str, Iterable[str]] = (),
        on_event: Union[Callable[[ForkEvent], object], None] = None,
        **options: Any,
    ) -> None:
        self._training = Training(run, stop_on, on_event, options)

    @property
    def scope(self) -> Scope | None:
        """What `furca.watch` returned; None before the training."""
        return self._training.scope

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        self._training.begin(given["model"], given["optimizer"], step=state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._training.should_stop:
            control.should_training_stop = True

    def on_log(self, args: Any, state: Any, control: Any, *, logs: Any = None, **_: Any) -> None:
        self._training.log(logs or {})

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._training.end()
