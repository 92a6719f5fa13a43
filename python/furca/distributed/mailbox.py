"""Messages between the ranks of a process group, that never make the sender wait for the receiver."""

from __future__ import annotations

import pickle
import queue
import threading
from datetime import timedelta
from typing import Any, Callable

#: Bytes of one value in the store, which takes at most 8 MiB at once.
CHUNK = 4 << 20


class Mailbox:
    """Puts messages into the key-value store of torch.distributed's default group, and takes them out again.

    No collective operation and no process group of its own: a rank that has died leaves messages missing, nothing else.
    """

    def __init__(self, topic: str, store: Any = None) -> None:
        """topic: the same on all ranks, and another one for each thing they talk about."""
        if store is None:
            from torch.distributed.distributed_c10d import _get_default_store

            store = _get_default_store()
        self._store = store
        self._topic = topic

    def send(self, rank: int, number: int, message: Any) -> None:
        """Leaves the `number`-th message of a rank."""
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        chunks = [data[i : i + CHUNK] for i in range(0, len(data), CHUNK)] or [b""]
        for index, chunk in enumerate(chunks):
            self._store.set(self._key(rank, number, index), chunk)
        # Last, for with it the message is there.
        self._store.set(self._key(rank, number, "length"), str(len(chunks)))

    def take(self, rank: int, number: int, timeout: float) -> Any:
        """The `number`-th message of a rank, which is gone then. Raises TimeoutError after `timeout` seconds without it."""
        try:
            self._store.wait([self._key(rank, number, "length")], timedelta(seconds=timeout))
        except Exception as error:
            raise TimeoutError(f"rank {rank} sent nothing for {timeout:g} s ({error})") from None
        count = int(self._store.get(self._key(rank, number, "length")))
        keys = [self._key(rank, number, index) for index in range(count)]
        data = b"".join(self._store.get(key) for key in keys)
        for key in (*keys, self._key(rank, number, "length")):
            self._store.delete_key(key)
        return pickle.loads(data)

    def _key(self, rank: int, number: int, part: int | str) -> str:
        return f"furca/{self._topic}/{rank}/{number}/{part}"


class Worker:
    """A thread that does one thing after another, so that the training loop does not wait for it."""

    def __init__(self, trouble: Callable[[Exception], None]) -> None:
        """trouble: gets the error that ended the work; nothing more is done then."""
        self._trouble = trouble
        self._jobs: queue.SimpleQueue[Callable[[], None] | threading.Event | None] = queue.SimpleQueue()
        self._failed = False
        self._thread = threading.Thread(target=self._work, name="furca", daemon=True)
        self._thread.start()

    def do(self, job: Callable[[], None]) -> None:
        self._jobs.put(job)

    def drain(self, timeout: float) -> bool:
        """Waits until all that was given so far is done. False if it is not after `timeout` seconds."""
        done = threading.Event()
        self._jobs.put(done)
        return done.wait(timeout) if self._thread.is_alive() else True

    def finish(self, timeout: float) -> bool:
        """Waits until all is done. False if it is not after `timeout` seconds."""
        self._jobs.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if isinstance(job, threading.Event):
                job.set()
            elif not self._failed:
                self._try(job)

    def _try(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:
            self._failed = True
            self._trouble(error)
