"""Looks at tensors on devices: launched beside the training, handed over when they have crossed over."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterator, Sequence

from .. import _abi
from ..session import Session
from .lanes import Lane, lane_of
from .placement import NO_DEVICES
from .reading import Reading

if TYPE_CHECKING:
    import torch

#: Looks at so many steps are under way at once; one that comes due before the first of them has crossed over is left out.
STEPS_UNDER_WAY = 4


class _Look:
    """What is read at one step, on all devices."""

    def __init__(self, step: int, readings: Sequence[tuple[Lane, Reading]], tensors: Sequence[torch.Tensor]) -> None:
        self.step = step
        self.readings = readings
        self._unheld = [(tensor, _writes(tensor)) for tensor in tensors]
        self.was_written = False

    def arrived(self) -> bool:
        return all(reading.event.query() for _, reading in self.readings)

    def check(self) -> None:
        """Finds out whether anything was written to since it was launched, with nothing to hold it up."""
        self.was_written = self.was_written or any(_writes(tensor) != count for tensor, count in self._unheld)

    def hold_writes(self) -> None:
        self.check()
        self._unheld = []
        for lane, reading in self.readings:
            lane.hold(reading.event)


class Readings:
    """Reads tensors on side streams of their devices, step after step, and has a session look at what has crossed over.

    Nothing here waits for a device but `finish`. What is read must not be written meanwhile: `hold_writes` has the device see
    to that. A look at something that was written without it is dropped, and the device told to read first from then on.
    """

    def __init__(
        self, session: Session, library_counts: Callable[[], ContextManager[None]], *, leaves_out: bool = True
    ) -> None:
        """
        library_counts: is around calls whose time the library counts itself.
        leaves_out: whether a look may be left out because too many are under way.
        """
        self._session = session
        self._library_counts = library_counts
        self._leaves_out = leaves_out
        self._holds_at_once = False
        self._lanes: dict[torch.device, Lane] = {}
        self._looks: deque[_Look] = deque()
        #: By tensor, the value that all its elements had at its first look; 0 if they differed, or it was zero.
        self._origins: dict[int, float] = {}
        #: By device, the tensors that were read in the one way and the other.
        self._counted: dict[torch.device, set[int]] = {}
        self._copied: dict[torch.device, set[int]] = {}
        self._left_out = 0
        self._dropped = 0
        self._last_drop = 0

    def begin(
        self,
        step: int,
        tensors: Sequence[tuple[int, torch.Tensor]],
        numbers: Sequence[tuple[str, torch.Tensor]] = (),
        divisor: torch.Tensor | None = None,
        *,
        hold: bool = False,
    ) -> None:
        """Launches a look at tensors, each with its number in the session, and at numbers, of one element each, by name.

        divisor: what the tensors are divided by before they are looked at.
        hold: whether what the training launches next may write to them already.
        """
        self.publish()
        if self._leaves_out and len({look.step for look in self._looks} - {step}) >= STEPS_UNDER_WAY:
            self._left_out += 1
            return
        by_device: dict[torch.device, tuple[list[Any], list[Any]]] = {}
        for number, tensor in tensors:
            by_device.setdefault(tensor.device, ([], []))[0].append((number, tensor))
        for name, value in numbers:
            by_device.setdefault(value.device, ([], []))[1].append((name, value))
        readings = []
        for device, (here, values) in by_device.items():
            if device not in self._lanes:
                self._lanes[device] = lane_of(device)
            lane = self._lanes[device]
            origins = {number: origin for number, _ in here if (origin := self._origins.get(number, 0.0))}
            reading = Reading(lane, here, values, origins, divisor)
            readings.append((lane, reading))
            self._counted.setdefault(device, set()).update(reading.counted_tensors)
            self._copied.setdefault(device, set()).update(reading.copied_tensors)
        look = _Look(step, readings, [tensor for _, tensor in tensors])
        self._looks.append(look)
        if hold or self._holds_at_once:
            look.hold_writes()

    def hold_writes(self) -> None:
        """Before the training writes to anything that is looked at: its device does so after what is under way."""
        for look in self._looks:
            look.hold_writes()

    def publish(self) -> None:
        """Has the session look at all that has crossed over by now."""
        while self._looks and self._looks[0].arrived():
            self._hand_over(self._looks.popleft())

    def finish(self) -> None:
        """Waits until everything has crossed over, and has the session look at it."""
        for look in self._looks:
            for _, reading in look.readings:
                reading.event.synchronize()
        self.publish()

    def gaps(self) -> Iterator[tuple[str, str]]:
        """What was not seen, and why; and on each device what was done there."""
        for device, lane in self._lanes.items():
            counted, copied = len(self._counted.get(device, ())), len(self._copied.get(device, ()))
            done = [f"{counted} counted there"] * (counted > 0) + [f"{copied} copied"] * (copied > 0)
            unseen = (
                "; of those counted there no elements are followed, nor is it known whether forks run along rows or columns"
                if counted
                else ""
            )
            if device.type not in NO_DEVICES:
                yield str(device), f"of its tensors {' and '.join(done)} {lane.account()}{unseen}"
        if self._left_out:
            yield "looks", f"{self._left_out} left out: the device had yet to read those at the {STEPS_UNDER_WAY} steps before"
        if self._dropped:
            yield "looks", (
                f"{self._dropped} dropped, the last at step {self._last_drop}: tensors were written to while they were read, "
                "by something else than the optimizer's step. Since then the device reads before it goes on"
            )

    def know_origin(self, tensor: int, origin: float) -> None:
        """Tells with which value a tensor of an earlier run began; 0 if it was not constant."""
        self._origins[tensor] = origin

    def _hand_over(self, look: _Look) -> None:
        look.check()
        if look.was_written:
            self._dropped += 1
            self._last_drop = look.step
            self._holds_at_once = True
            return
        copied = [buffer for _, reading in look.readings for buffer in reading.copied()]
        counted = [one for _, reading in look.readings for one in reading.counted()]
        for one in counted:
            if one.tensor not in self._origins:
                stats = one.sketch.stats
                self._origins[one.tensor] = stats.min if stats.min == stats.max else 0.0
        with self._library_counts():
            self._session.observe_arrived(look.step, (_abi.Buffer * len(copied))(*copied), len(copied), counted)
            for _, reading in look.readings:
                for name, value in reading.numbers().items():
                    self._session.log(look.step, name, value)


def _writes(tensor: torch.Tensor) -> int:
    """How often it was written to, as far as torch counts."""
    return 0 if tensor.is_inference() else tensor._version
