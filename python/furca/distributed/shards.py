"""A run whose tensors are spread over several processes: each sketches its shards, rank 0 merges the sketches."""

from __future__ import annotations

import ctypes
import logging
from typing import TYPE_CHECKING, Any, NamedTuple, Sequence

from .. import _abi
from ..session import Session
from ..sketch import Sketch
from .bystander import Bystander
from .cadence import SharedCadence
from .mailbox import Mailbox, Worker

if TYPE_CHECKING:
    from ..devices.reading import Counted

_log = logging.getLogger("furca")

#: Seconds for which rank 0 waits for a sketch of another rank, and each rank at the end for its own thread.
PATIENCE = 60.0


class Whole(NamedTuple):
    """A tensor of which a rank holds a shard, or a copy."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    frozen: bool
    sharded: bool


class Shards:
    """The tensors of which this rank holds shards, and sketches of the shards."""

    def __init__(self) -> None:
        self._wholes: list[Whole] = []

    def register(self, name: str, dtype: str, shape: Sequence[int], frozen: bool, whole: Sequence[int] | None) -> int:
        self._wholes.append(Whole(name, dtype, tuple(shape if whole is None else whole), frozen, whole is not None))
        return len(self._wholes) - 1

    def name(self, tensor: int) -> str:
        return self._wholes[tensor].name

    def sketched(
        self, buffers: ctypes.Array[_abi.Buffer], count: int, counted: Sequence[Counted] = ()
    ) -> dict[Whole, bytes]:
        """Sketches of shards in memory, and those of shards that were counted on a device."""
        found = {self._wholes[one.tensor]: one.sketch.to_bytes() for one in counted}
        for buffer in buffers[:count]:
            sketch = Sketch()
            sketch._add(buffer)
            found[self._wholes[buffer.tensor]] = sketch.to_bytes()
            sketch.close()
        return found


class ShardSender(Bystander):
    """On all ranks but the first: sketches its shards and sends the sketches to rank 0, in a thread."""

    def __init__(self, rank: int, topic: str) -> None:
        super().__init__(rank)
        self._mailbox = Mailbox(topic)
        self._worker = Worker(lambda error: _log.warning("rank %d no longer sends its sketches: %s", rank, error))
        self._cadence = SharedCadence()
        self._shards = Shards()
        self._sent = 0

    def register(
        self, name: str, dtype: str, shape: Sequence[int], *, frozen: bool = False, whole: Sequence[int] | None = None
    ) -> int:
        super().register(name, dtype, shape)
        return self._shards.register(name, dtype, shape, frozen, whole)

    def due(self, step: int) -> bool:
        return self._cadence.due(step)

    def rewind(self, step: int) -> None:
        self._cadence.rewind(step)

    def observe(self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int) -> None:
        self._send((step, self._shards.sketched(buffers, count)))

    def observe_arrived(self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int, counted: Sequence[Counted]) -> None:
        self._send((step, self._shards.sketched(buffers, count, counted)))

    def close(self) -> None:
        if not self.closed:
            self._send(None)
            self._worker.finish(PATIENCE)
        super().close()

    def _send(self, message: Any) -> None:
        number = self._sent
        self._sent += 1
        self._worker.do(lambda: self._mailbox.send(self.rank, number, message))


class ShardMerger:
    """On rank 0: a session of whole tensors, which merges what all ranks have sketched, in a thread.

    Batches are matched by their order, which is the same on all ranks. Everything else is the session's own.
    """

    is_shared = True

    def __init__(self, session: Session, world: int, topic: str) -> None:
        self._session = session
        self._world = world
        self._mailbox = Mailbox(topic)
        self._worker = Worker(self._give_up)
        self._cadence = SharedCadence()
        self._shards = Shards()
        self._numbers: dict[str, int] = {}
        self._batches = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def register(
        self, name: str, dtype: str, shape: Sequence[int], *, frozen: bool = False, whole: Sequence[int] | None = None
    ) -> int:
        self._numbers[name] = self._session.register(name, dtype, shape if whole is None else whole, frozen=frozen)
        return self._shards.register(name, dtype, shape, frozen, whole)

    def exempt(self, tensor: int) -> None:
        self._session.exempt(self._numbers[self._shards.name(tensor)])

    def group(self, name: str, pattern: str) -> None:
        """There is none: a group is judged on single elements, and sketches of shards have none."""
        self._session.gap(f"group:{name}", "groups are judged on single elements, which merged shards do not have")

    def due(self, step: int) -> bool:
        return self._cadence.due(step)

    def rewind(self, step: int) -> None:
        self._cadence.rewind(step)
        self._worker.do(lambda: self._session.rewind(step))

    def observe(self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int) -> None:
        self.observe_arrived(step, buffers, count, ())

    def observe_arrived(self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int, counted: Sequence[Counted]) -> None:
        number, own = self._batches, self._shards.sketched(buffers, count, counted)
        self._batches += 1
        self._worker.do(lambda: self._merge(step, own, number))

    def flush(self) -> None:
        """Returns when all looks so far are merged and in the run file."""
        if not self._worker.drain(2 * PATIENCE):
            self._session.gap("shards", f"looks are not merged after {2 * PATIENCE:g} s")
        self._session.flush()

    def close(self) -> None:
        self._worker.finish(PATIENCE)
        self._session.close()

    def _merge(self, step: int, own: dict[Whole, bytes], number: int) -> None:
        merged = {whole: Sketch.from_bytes(data) for whole, data in own.items()}
        for rank in range(1, self._world):
            message = self._mailbox.take(rank, number, PATIENCE)
            if message is None:
                raise RuntimeError(f"rank {rank} ended before step {step}")
            if message[0] != step:
                raise RuntimeError(f"rank {rank} looked at step {message[0]} when rank 0 looked at step {step}")
            for whole, data in message[1].items():
                if whole not in merged:
                    merged[whole] = Sketch.from_bytes(data)
                elif whole.sharded:  # Of copies, that of the first rank to have one counts.
                    merged[whole].merge(Sketch.from_bytes(data))
        self._session.look_at_sketches(step, {self._number(whole): sketch for whole, sketch in merged.items()})

    def _number(self, whole: Whole) -> int:
        """Of a tensor in the session; one of which rank 0 has no part is made known there now."""
        if whole.name not in self._numbers:
            self._numbers[whole.name] = self._session.register(
                whole.name, whole.dtype, whole.shape, frozen=whole.frozen
            )
        return self._numbers[whole.name]

    def _give_up(self, error: Exception) -> None:
        _log.warning("the shards of this run are no longer merged: %s", error)
        self._session.gap("shards", f"not merged any more: {error}")
