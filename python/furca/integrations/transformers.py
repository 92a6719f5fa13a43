"""Hugging Face's Trainer.

    from furca.integrations.transformers import FurcaCallback
    trainer = Trainer(model, args, train_dataset=data, callbacks=[FurcaCallback("runs/a.furca")])
"""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from ._training import Watching


class FurcaCallback(Watching, TrainerCallback):
    """Watches the model from the beginning of `Trainer.train` to its end, and records what the trainer logs."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        self._begin(given["model"], given["optimizer"], step=state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._should_stop:
            control.should_training_stop = True
        is_last = control.should_training_stop or state.global_step >= state.max_steps
        if is_last and args.load_best_model_at_end and self.scope is not None:
            # At the end of the training the model is another.
            self.scope.look()

    def on_log(self, args: Any, state: Any, control: Any, *, logs: Any = None, **_: Any) -> None:
        self._record(logs or {})

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._finish()
