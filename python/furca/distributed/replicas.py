"""A run whose parameters are the same on all processes: rank 0 is looked at, and now and then all are compared."""

from __future__ import annotations

import ctypes
import logging
import zlib
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from .. import _abi
from .._buffers import gathered
from ..session import Session
from .bystander import Bystander
from .mailbox import Mailbox, Worker

if TYPE_CHECKING:
    from ..devices.reading import Counted

_log = logging.getLogger("furca")

PATIENCE = 60.0
_SIZES = {
    _abi.FLOAT64: 8, _abi.FLOAT32: 4, _abi.FLOAT16: 2, _abi.BFLOAT16: 2,
    _abi.FLOAT8_E4M3FN: 1, _abi.FLOAT8_E5M2: 1, _abi.INT8: 1,
}


def is_compared(step: int) -> bool:
    """At steps 0, 1, 2, 4, 8, … 1024, and then at every thousandth."""
    return step & (step - 1) == 0 and step <= 1024 or step % 1000 == 0


def digest(buffer: _abi.Buffer) -> int:
    """Of all bytes of a buffer's elements, read in place, or where there are gaps between them copied."""
    if buffer.dtype & _abi.STRIDED:
        return zlib.crc32(gathered(buffer, _SIZES[buffer.dtype & ~_abi.STRIDED]))
    length = buffer.count * _SIZES[buffer.dtype]
    return zlib.crc32((ctypes.c_char * length).from_address(buffer.data)) if length else 0


def digests(
    names: Sequence[str] | Mapping[int, str], buffers: ctypes.Array[_abi.Buffer], count: int, counted: Sequence[Counted] = ()
) -> dict[str, int]:
    """By name, of tensors in memory and of tensors that were counted on a device."""
    found = {names[buffer.tensor]: digest(buffer) for buffer in buffers[:count]}
    return {**found, **{names[one.tensor]: one.digest for one in counted}}


class ReplicaDigests(Bystander):
    """On all ranks but the first: sends digests of its parameters to rank 0."""

    def __init__(self, rank: int, topic: str) -> None:
        super().__init__(rank)
        self._mailbox = Mailbox(topic)
        self._worker = Worker(lambda error: _log.warning("rank %d is no longer compared: %s", rank, error))
        self._sent = 0

    def due(self, step: int) -> bool:
        return is_compared(step)

    def observe(self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int) -> None:
        self.observe_arrived(step, buffers, count, ())

    def observe_arrived(self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int, counted: Sequence[Counted]) -> None:
        if is_compared(step):
            number, message = self._sent, digests(self._names, buffers, count, counted)
            self._sent += 1
            self._worker.do(lambda: self._mailbox.send(self.rank, number, message))

    def close(self) -> None:
        if not self.closed:
            self._worker.finish(PATIENCE)
        super().close()


class ReplicaSession:
    """On rank 0: a session that is told which other ranks' parameters have come to differ."""

    is_shared = True

    def __init__(self, session: Session, world: int, topic: str) -> None:
        self._session = session
        self._world = world
        self._mailbox = Mailbox(topic)
        self._worker = Worker(self._give_up)
        self._agreed: dict[int, int] = {}
        self._drifted: set[int] = set()
        self._batches = 0
        self._names: dict[int, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def register(self, name: str, dtype: str, shape: Sequence[int], **details: Any) -> int:
        number = self._session.register(name, dtype, shape, **details)
        self._names[number] = name
        return number

    def due(self, step: int) -> bool:
        return self._session.due(step) or is_compared(step)

    def observe(self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int) -> None:
        self.observe_arrived(step, buffers, count, ())

    def observe_arrived(self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int, counted: Sequence[Counted]) -> None:
        self._session.observe_arrived(step, buffers, count, counted)
        # The batches of a step that is compared are counted on all ranks alike.
        if is_compared(step):
            number, own = self._batches, digests(self._names, buffers, count, counted)
            self._batches += 1
            self._worker.do(lambda: self._compare(step, own, number))

    def flush(self) -> None:
        """Returns when all comparisons are made and all looks are in the run file."""
        self._worker.drain(2 * PATIENCE)
        self._session.flush()

    def close(self) -> None:
        self._worker.finish(PATIENCE)
        self._session.close()

    def _compare(self, step: int, own: dict[str, int], number: int) -> None:
        for rank in range(1, self._world):
            other = self._mailbox.take(rank, number, PATIENCE)
            differing = [name for name in own if name in other and own[name] != other[name]]
            if not differing:
                self._agreed[rank] = step
            elif rank not in self._drifted:
                self._drifted.add(rank)
                since = f"after step {self._agreed[rank]} and by step {step}" if rank in self._agreed else f"by step {step}"
                reason = f"its parameters have come to differ from rank 0's {since}: {_shortened(differing)}"
                _log.warning("rank %d: %s", rank, reason)
                first = next(number for number, name in self._names.items() if name == differing[0])
                self._session.note_drift(first, rank, len(differing) - 1, self._agreed.get(rank), step)
                self._session.gap(f"rank {rank}", reason)

    def _give_up(self, error: Exception) -> None:
        _log.warning("replicas are no longer compared: %s", error)
        self._session.gap("replicas", f"not compared any more: {error}")


def _shortened(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
