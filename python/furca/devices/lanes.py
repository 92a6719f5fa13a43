"""Beside a device's own work: where tensors are read, in which order with what the training launches."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, ContextManager, Iterator, Protocol

if TYPE_CHECKING:
    import torch


class Event(Protocol):
    """Something on a device that comes to pass."""

    def query(self) -> bool: ...

    def synchronize(self) -> None: ...


class Lane(Protocol):
    """What a device does for us. The training's own work is on the stream that is current when a method is called."""

    #: Whether it counts tensors itself; otherwise they are copied whole.
    counts: bool

    def reading(self) -> ContextManager[None]:
        """What is launched inside comes after all that the training has launched so far, and beside what it launches later."""

    def keep(self, tensor: torch.Tensor) -> None:
        """Its memory is not given to anybody else before what was launched here is done."""

    def to_host(self, tensor: torch.Tensor) -> torch.Tensor:
        """A place in the CPU's memory that will hold the tensor's elements."""

    def mark(self) -> Event:
        """Comes to pass when everything launched here is done."""

    def hold(self, event: Event) -> None:
        """What the training launches from now on, it does after the event."""

    def account(self) -> str:
        """What reading here has cost the training beside what is counted in seconds, for the report."""


class SideStream:
    """A stream of a CUDA device. Only the device waits, for one stream or the other: the CPU goes on at once."""

    counts = True

    def __init__(self, device: torch.device, cuda: Any = None) -> None:
        """cuda: what stands for the module torch.cuda."""
        import torch

        self._cuda = torch.cuda if cuda is None else cuda
        self._device = device
        self._stream = self._cuda.Stream(device=device)
        #: Of each reading, the events at its beginning and end.
        self._spans: list[tuple[Any, Any]] = []
        self._milliseconds = 0.0

    @contextmanager
    def reading(self) -> Iterator[None]:
        self._stream.wait_stream(self._cuda.current_stream(self._device))
        self._began = self._cuda.Event(enable_timing=True)
        self._began.record(self._stream)
        with self._cuda.stream(self._stream):
            yield

    def keep(self, tensor: torch.Tensor) -> None:
        if tensor.is_cuda:
            tensor.record_stream(self._stream)

    def to_host(self, tensor: torch.Tensor) -> torch.Tensor:
        import torch

        # Without pinning the copy would wait for the device.
        place = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.is_cuda)
        return place.copy_(tensor, non_blocking=True)

    def mark(self) -> Event:
        event = self._cuda.Event(enable_timing=True)
        event.record(self._stream)
        self._spans.append((self._began, event))
        self._add_up()
        marked: Event = event
        return marked

    def hold(self, event: Event) -> None:
        self._cuda.current_stream(self._device).wait_event(event)

    def account(self) -> str:
        self._add_up()
        return f"on a stream beside the training, in {self._milliseconds:.3g} ms of the device's time"

    def _add_up(self) -> None:
        """Adds the time of readings that are over."""
        while self._spans and self._spans[0][1].query():
            began, ended = self._spans.pop(0)
            self._milliseconds += began.elapsed_time(ended)


class Done:
    """An event that is past."""

    def query(self) -> bool:
        return True

    def synchronize(self) -> None:
        """There is nothing to wait for."""


class Copying:
    """Of a device that has no streams to read on beside the training, MPS for one, or of the CPU: copies at once.

    A copy from a device makes the training wait for all that it has launched.
    """

    counts = False

    def reading(self) -> ContextManager[None]:
        return nullcontext()

    def keep(self, tensor: torch.Tensor) -> None:
        """It is copied before anything else happens."""

    def to_host(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to("cpu", copy=True)

    def mark(self) -> Event:
        return Done()

    def hold(self, event: Event) -> None:
        """The copy is made."""

    def account(self) -> str:
        return "at each look, for which the training waited"


def lane_of(device: torch.device) -> Lane:
    """A lane of this device."""
    return SideStream(device) if device.type == "cuda" else Copying()
