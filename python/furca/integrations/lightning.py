"""Lightning's Trainer.

    from furca.integrations.lightning import FurcaCallback
    trainer = Trainer(callbacks=[FurcaCallback("runs/a.furca")])
"""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from ._training import Watching


class FurcaCallback(Watching, Callback):
    """Watches the module from the beginning of `Trainer.fit` to its end, and records the metrics that it logs."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        self._begin(pl_module, trainer.optimizers, step=trainer.global_step, scaler=scaler)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if trainer.global_step % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            self._record(trainer.logged_metrics)
        if self._should_stop:
            trainer.should_stop = True

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._finish()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._finish()
