"""Looking at tensors wherever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterator, Sequence

from .. import devices
from ..run import Run
from .batch import Batch, buffers_of

if TYPE_CHECKING:
    import torch


class Observer:
    """Has a session look at tensors: at once at those in memory, beside the training at those on devices.

    From the first tensor on a device on, it reads all of them as it reads those, for steps go up.
    """

    def __init__(self, session: Any, library_counts: Callable[[], ContextManager[None]]) -> None:
        """library_counts: is around calls whose time the library counts itself."""
        self._session = session
        self._library_counts = library_counts
        self._readings: devices.Readings | None = None
        #: Whether nobody tells of the next write to the tensors, so that devices must read them before they go on.
        self.is_unguarded = False

    def observe(
        self,
        step: int,
        tensors: Sequence[tuple[int, torch.Tensor]],
        numbers: Sequence[tuple[str, torch.Tensor]] = (),
        divisor: torch.Tensor | None = None,
    ) -> None:
        """Looks at tensors, each with its number in the session.

        numbers: of one element each, to be logged by name.
        divisor: what the tensors are divided by before they are looked at.
        """
        if self.reads_on_devices(any(devices.is_remote(tensor) for _, tensor in tensors)):
            self._begin(step, tensors, numbers, divisor)
            return
        # One at a time, so that one quotient is there at once and no more; but looks of several processes are matched by order.
        together = divisor is None or self._session.is_shared
        for part in [tensors] if together else ([row] for row in tensors):
            if divisor is not None:
                part = [(number, tensor.detach() / divisor.to(tensor.dtype)) for number, tensor in part]
            buffers, _owners = buffers_of(part)
            with self._library_counts():
                self._session.observe(step, buffers, len(buffers))
        for name, value in numbers:
            self._session.log(step, name, float(value))

    def observe_batch(self, step: int, batch: Batch) -> None:
        """Looks at a batch, whose addresses are fresh."""
        if self.reads_on_devices(batch.is_remote):
            self._begin(step, batch.tensors())
            return
        with self._library_counts():
            self._session.observe(step, batch.buffers, len(batch))

    def reads_on_devices(self, needed: bool = False) -> bool:
        """Whether tensors are read on devices. `needed`: whether one is there now."""
        if needed and self._readings is None:
            self._readings = devices.Readings(self._session, self._library_counts, leaves_out=not self._session.is_shared)
            self._know_origins(self._readings)
        return self._readings is not None

    def hold_writes(self) -> None:
        """Before anything that is read is written to."""
        if self._readings is not None:
            self._readings.hold_writes()

    def publish(self) -> None:
        """Has the session look at what has crossed over from devices by now."""
        if self._readings is not None:
            self._readings.publish()

    def finish(self) -> None:
        """Has everything that is read on devices cross over, which is waited for."""
        if self._readings is not None:
            self._readings.finish()

    def gaps(self) -> Iterator[tuple[str, str]]:
        return self._readings.gaps() if self._readings is not None else iter(())

    def _begin(
        self,
        step: int,
        tensors: Sequence[tuple[int, torch.Tensor]],
        numbers: Sequence[tuple[str, torch.Tensor]] = (),
        divisor: torch.Tensor | None = None,
    ) -> None:
        assert self._readings is not None
        self._readings.begin(step, tensors, numbers, divisor, hold=self.is_unguarded)

    def _know_origins(self, readings: devices.Readings) -> None:
        """Of tensors that were looked at before: in memory, or in a run that goes on."""
        if self._session.path is None or self._session.is_shared:
            return
        self._session.flush()
        with Run(self._session.path) as run:
            for tensor, origin in run.sql("select tensor, origin from progress"):
                readings.know_origin(tensor, origin or 0.0)
