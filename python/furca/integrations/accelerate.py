"""Accelerate. The loop is the user's own, so `furca.watch` takes what `accelerator.prepare` has returned:

    scope = furca.watch(model, optimizer, run="runs/a.furca")
    accelerator.trackers.append(FurcaTracker(scope))              # so that accelerator.log(…) is recorded too
"""

from __future__ import annotations

from typing import Any, Mapping

from accelerate.tracking import GeneralTracker

from ..watching import Scope
from ._training import _is_number


class FurcaTracker(GeneralTracker):  # type: ignore[misc]
    """Records in a run what is given to `Accelerator.log`, and closes the run with `Accelerator.end_training`."""

    name = "furca"
    requires_logging_directory = False

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope

    @property
    def tracker(self) -> Scope:
        return self._scope

    def store_init_configuration(self, values: Mapping[str, Any]) -> None:
        """Nothing of it belongs to the run."""

    def log(self, values: Mapping[str, Any], step: int | None = None, **_: Any) -> None:
        """At the scope's own step, that of the parameters; `step` may count something else."""
        self._scope.log(**{name: value for name, value in values.items() if _is_number(value)})

    def finish(self) -> None:
        self._scope.close()
