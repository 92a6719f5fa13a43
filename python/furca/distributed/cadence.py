"""At which steps all ranks look, decided by the step alone, so that they agree without a word."""

from __future__ import annotations


class SharedCadence:
    """All steps up to 64, then each that is at least 1/64 of the last one later: as the run file keeps sketches.

    A run of N steps has about 64 (1 + ln(N/64)) of them, so what they cost fades as it goes on.
    """

    def __init__(self) -> None:
        self._last: int | None = None

    def due(self, step: int) -> bool:
        """Ask for each step, ascending."""
        if self._last is not None and step > 64 and step - self._last < max(1, self._last // 64):
            return False
        self._last = step
        return True

    def rewind(self, step: int) -> None:
        """The next step asked for comes after `step`."""
        if self._last is not None:
            self._last = min(self._last, step)
