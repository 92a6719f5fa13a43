"""What stands for a session on a rank that keeps no run."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Sequence

from .. import _abi
from ..errors import UnknownError
from ..events import ForkEvent

if TYPE_CHECKING:
    from ..devices.reading import Counted


class Bystander:
    """Takes everything a session takes, and keeps nothing: the run is on rank 0."""

    path: str | None = None
    is_shared = True

    def __init__(self, rank: int) -> None:
        self.rank = rank
        self.closed = False
        self._names: list[str] = []

    @property
    def tensors(self) -> list[str]:
        return list(self._names)

    def register(
        self, name: str, dtype: str, shape: Sequence[int], *, frozen: bool = False, whole: Sequence[int] | None = None
    ) -> int:
        self._names.append(name)
        return len(self._names) - 1

    def exempt(self, tensor: int) -> None:
        """Nothing is tested here."""

    def group(self, name: str, pattern: str) -> None:
        """Rank 0 has the groups."""

    def find(self, name: str) -> int:
        raise UnknownError(f"the run is on rank 0, and this is rank {self.rank}: ask for {name!r} there")

    def due(self, step: int) -> bool:
        return False

    def observe(self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int) -> None:
        """Looks at nothing."""

    def observe_arrived(self, step: int, buffers: ctypes.Array[_abi.Buffer], count: int, counted: Sequence[Counted]) -> None:
        """Looks at nothing."""

    def log(self, step: int, name: str, value: float) -> None:
        """Rank 0 logs."""

    def gap(self, name: str, reason: str) -> None:
        """Rank 0 tells of gaps."""

    def charge(self, seconds: float) -> None:
        """Nothing is paid here."""

    def rewind(self, step: int) -> None:
        """Nothing was written here."""

    def flush(self) -> None:
        """Nothing waits here."""

    def events(self, start: int = 0) -> list[ForkEvent]:
        return []

    def problems(self) -> tuple[int, str]:
        return 0, ""

    def report(self) -> str:
        return f"Rank {self.rank}: the run is on rank 0."

    def summary(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        self.closed = True
