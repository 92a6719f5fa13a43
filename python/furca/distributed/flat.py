"""The parameters of FullyShardedDataParallel, torch's first FSDP: stretches of a flat one that is shared out between processes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, MutableMapping, NamedTuple

if TYPE_CHECKING:
    import torch


class Stretch(NamedTuple):
    """What a parameter is a part of."""

    whole: torch.Size
    #: Whether another process looks at the same part.
    is_elsewhere: bool = False
    #: Why nobody can look at it; None if somebody does.
    why_never: str | None = None


#: By parameter. Its parts say nothing of the whole themselves.
_stretches: MutableMapping[torch.Tensor, Stretch] | None = None


def know_stretches(model: torch.nn.Module) -> None:
    """Finds the parameters of a model that are kept so."""
    global _stretches
    module = sys.modules.get("torch.distributed.fsdp")
    if module is None:
        return
    for wrapped in module.FullyShardedDataParallel.fsdp_modules(model):
        handle = getattr(wrapped, "_handle", None)
        if handle is None:
            continue
        if _stretches is None:
            from torch.utils.weak import WeakIdKeyDictionary

            _stretches = WeakIdKeyDictionary()
        for parameter, stretch in _of(wrapped, handle):
            _stretches[parameter] = stretch


def stretch_of(tensor: Any) -> Stretch | None:
    return None if _stretches is None else _stretches.get(tensor)


def _of(wrapped: Any, handle: Any) -> list[tuple[torch.Tensor, Stretch]]:
    flat = handle.flat_param
    if not getattr(handle, "_use_orig_params", False):
        names = getattr(flat, "_fqns", ())
        reason = (
            f"it is {len(names)} parameters in one, filled up to a length that all processes can share: give "
            "FullyShardedDataParallel use_orig_params=True, or use fully_shard"
        )
        return [(flat, Stretch(flat.shape, why_never=reason))]
    is_elsewhere = not _is_first(wrapped, handle)
    return [(parameter, Stretch(shape, is_elsewhere)) for parameter, shape in zip(flat._params, flat._shapes)]


def _is_first(wrapped: Any, handle: Any) -> bool:
    """Whether no process before this one holds the same parts."""
    copies = wrapped.process_group if not handle.uses_sharded_strategy else getattr(wrapped, "_inter_node_pg", None)
    return copies is None or copies.rank() == 0
