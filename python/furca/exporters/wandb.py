"""Weights & Biases: histograms, curves over the training step, and forks."""

from __future__ import annotations

from typing import Any

from ._looks import Export, Source


class WandB:
    """Logs the looks of a scope or a run: `export = WandB(wandb.init(project="gpt")); export(scope)`.

    Everything is under "furca/", over "furca/step": the logging of the training itself stays as it is.
    """

    def __init__(self, run: Any, *, bins: int = 64, alerts: bool = False) -> None:
        """run: of wandb. alerts: also send each fork as an alert."""
        self._run = run
        self._bins = bins
        self._alerts = alerts
        self._export = Export()
        self._count = 0
        run.define_metric("furca/*", step_metric="furca/step")

    def __call__(self, source: Source) -> None:
        import wandb

        by_step: dict[int, dict[str, Any]] = {}
        for look in self._export.looks(source):
            row = by_step.setdefault(look.step, {})
            counts, edges = look.histogram(self._bins)
            if counts.size:
                row[f"furca/{look.tensor}"] = wandb.Histogram(np_histogram=(counts, edges))
            row.update({f"furca/{look.tensor}/{figure}": value for figure, value in look.figures().items()})
        for event in self._export.forks(source):
            self._count += 1
            row = by_step.setdefault(event.step, {})
            row["furca/events"] = self._count
            row["furca/fork"] = str(event)
            if self._alerts:
                self._run.alert(title=f"{event.kind} of {event.tensor}", text=str(event))
        for step, row in sorted(by_step.items()):
            self._run.log({"furca/step": step, **row})
