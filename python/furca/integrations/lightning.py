"""Lightning's Trainer.

    from furca.integrations.lightning import FurcaCallback
    trainer = Trainer(callbacks=[FurcaCallback("runs/a.furca")])
"""

from __future__ import annotations

import os
from typing import Any, Callable, Iterable, Union

from lightning.pytorch import Callback, LightningModule, Trainer

from ..events import ForkEvent
from ..watching import Scope
from ._training import Training


class FurcaCallback(Callback):
    """Watches the module from the beginning of `Trainer.fit` to its end, and records the metrics that it logs.

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

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._training.begin(pl_module, trainer.optimizers, step=trainer.global_step)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if trainer.global_step % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            self._training.log(trainer.logged_metrics)
        if self._training.should_stop:
            trainer.should_stop = True

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._training.end()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._training.end()
