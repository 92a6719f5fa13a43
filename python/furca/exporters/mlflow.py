"""MLflow: curves, quantiles in place of histograms, which it does not have, and forks as tags."""

from __future__ import annotations

import math
import re
from typing import Any

from ._looks import Export, Look, Source

QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.99)

#: MLflow takes so many metrics at once.
_AT_ONCE = 1000


class MLflow:
    """Logs the looks of a scope or a run to MLflow's active run, or to the one of `run_id`: `export = MLflow(); export(scope)`."""

    def __init__(self, run_id: str | None = None) -> None:
        import mlflow

        self._client = mlflow.MlflowClient()
        self._run_id = run_id or (mlflow.active_run() or mlflow.start_run()).info.run_id
        self._export = Export()
        self._count = 0

    def __call__(self, source: Source) -> None:
        import time

        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics: list[Any] = [
            Metric(_key(f"{look.tensor}/{figure}"), value, now, look.step)
            for look in self._export.looks(source)
            for figure, value in {**look.figures(), **_quantiles(look)}.items()
        ]
        for start in range(0, len(metrics), _AT_ONCE):
            self._client.log_batch(self._run_id, metrics=metrics[start : start + _AT_ONCE])
        for event in self._export.forks(source):
            self._count += 1
            self._client.set_tag(self._run_id, f"furca.fork.{self._count:04d}", str(event))


def _quantiles(look: Look) -> dict[str, float]:
    values = look.sketch.quantile(QUANTILES)
    return {f"q{share:g}": float(value) for share, value in zip(QUANTILES, values) if math.isfinite(value)}


def _key(name: str) -> str:
    """A name as MLflow allows it."""
    return re.sub(r"[^\w\-. :/]", "_", name)
