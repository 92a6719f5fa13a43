"""Steps that a gradient scaler leaves out without telling the optimizer."""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class Scaling:
    """Counts the updates that a `torch.amp.GradScaler` skipped, by what they leave: each multiplies the scale by the backoff.

    Of an optimizer that scales gradients itself (a fused one) the hooks tell, and this is not needed.
    """

    def __init__(self, scaler: torch.amp.GradScaler) -> None:
        self._scaler = weakref.ref(scaler)
        self._last = self._state()
        self._has_stepped = False

    def skipped(self) -> int:
        """How many were skipped since this was last asked. To be asked before each step that is not skipped, and in the end.

        The scaler has just waited for the device, to learn whether to skip the step: so asking for its state waits for nothing.
        """
        before, now, has_stepped = self._last, self._state(), self._has_stepped
        self._last, self._has_stepped = now, True
        if before is None or now is None or not (before["scale"] > 0 and now["scale"] > 0):
            return 0
        if now["_growth_tracker"] == before["_growth_tracker"] + 1 and now["scale"] == before["scale"]:
            return 0
        # The step that was made last may have been the one after which the scale grew.
        grown = has_stepped and before["_growth_tracker"] + 1 == before["growth_interval"]
        ratio = now["scale"] / before["scale"] / (before["growth_factor"] if grown else 1)
        count = math.log(ratio) / math.log(before["backoff_factor"])
        # Any other change of the scale is the user's own.
        return round(count) if count > 0 and abs(count - round(count)) < 1e-3 else 0

    def _state(self) -> dict[str, Any] | None:
        """None without a scaler, or of one that is not enabled."""
        scaler = self._scaler()
        return None if scaler is None else scaler.state_dict() or None
