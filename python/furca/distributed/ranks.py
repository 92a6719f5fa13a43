"""How the ranks of a training share a run."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ArgumentError
from ..session import Session
from .local import is_sharded
from .bystander import Bystander
from .cadence import SharedCadence
from .replicas import ReplicaDigests, ReplicaSession
from .shards import ShardMerger, ShardSender

if TYPE_CHECKING:
    import torch

Ranks = Literal["auto", "replicas", "shards", "files"]

#: The error of quantiles that the library's own bins have.
FINEST = 1 / 256

_numbers = itertools.count()


class ShardSession(Session):
    """Of one rank's shards, with looks at the steps at which the other ranks look too."""

    def __init__(self, path: Path, **options: Any) -> None:
        # The bins of shards are kept as narrow as they are counted, for the merge.
        super().__init__(path, **{**options, "sketch_error": FINEST})
        self._cadence = SharedCadence()

    def due(self, step: int) -> bool:
        return self._cadence.due(step)

    def rewind(self, step: int) -> None:
        self._cadence.rewind(step)
        super().rewind(step)


def session_of(
    ranks: Ranks, model: torch.nn.Module, path: Path, options: dict[str, Any]
) -> Session | Bystander | ShardMerger | ReplicaSession:
    """The session of this rank; see `watch`. Where there is one process only, a session like any other."""
    if ranks not in ("auto", "replicas", "shards", "files"):
        raise ArgumentError(f'ranks is {ranks!r}: it must be "auto", "replicas", "shards" or "files"')
    rank, world = _place()
    if world == 1:
        return Session(path, **options)
    sharded = any(is_sharded(parameter) for parameter in model.parameters())
    ranks = _chosen(ranks, model)
    if ranks == "files":
        kind = ShardSession if sharded else Session
        return kind(path.with_suffix(f".rank{rank}{path.suffix}"), **options)
    topic = f"{ranks}{next(_numbers)}"
    if rank > 0:
        return ShardSender(rank, topic) if ranks == "shards" else ReplicaDigests(rank, topic)
    return (ShardMerger if ranks == "shards" else ReplicaSession)(Session(path, **options), world, topic)


def is_shared(ranks: Ranks, model: torch.nn.Module) -> bool:
    """Whether several ranks make one run."""
    return _place()[1] > 1 and _chosen(ranks, model) != "files"


def _chosen(ranks: Ranks, model: torch.nn.Module) -> Ranks:
    """What "auto" stands for."""
    if ranks != "auto":
        return ranks
    if any(is_sharded(parameter) for parameter in model.parameters()):
        return "shards"
    return "replicas" if _is_replicated(model) else "files"


def _place() -> tuple[int, int]:
    """This process's rank, and how many there are."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()


def _is_replicated(model: torch.nn.Module) -> bool:
    from torch.nn.parallel import DistributedDataParallel

    return isinstance(getattr(model, "_orig_mod", model), DistributedDataParallel)
