"""Looks that are read while the model computes its next step."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Sequence

from ..errors import ArgumentError
from ..session import Session
from ..distributed.local import local
from .batch import Batch

if TYPE_CHECKING:
    import torch


class Held(NamedTuple):
    """A parameter that is being read, and what it was when the reading began."""

    name: str
    parameter: torch.Tensor
    #: Kept alive, so that its memory stays whatever happens to the parameter.
    storage: torch.UntypedStorage
    address: int
    bytes: int
    version: int

    @classmethod
    def of(cls, name: str, parameter: torch.Tensor) -> Held:
        storage = parameter.untyped_storage()
        return cls(name, parameter, storage, parameter.data_ptr(), storage.nbytes(), parameter._version)

    def change(self) -> str | None:
        """What has happened to the memory since, or None."""
        if self.storage.nbytes() != self.bytes:
            return f"the storage of {self.name} was resized while it was read"
        if self.parameter.data_ptr() != self.address:
            return f"{self.name} moved to other memory while it was read"
        if self.parameter._version != self.version:
            return f"{self.name} was written to while it was read"
        return None


class Overlap:
    """Begins to read the parameters after a step of the optimizer, and has read them before the next.

    Between, the forward and the backward pass go on. If the memory is not what it was, the look is dropped. A write through
    `parameter.data`, of which torch keeps no count, goes unseen: keep to `torch.no_grad()` for changes by hand.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._held: list[Held] = []
        self._began = False

    def begin(self, step: int, batch: Batch) -> None:
        """Begins a look at the batch, whose addresses are fresh."""
        self._held = [
            Held.of(member.name, local(parameter)) for member in batch.members if (parameter := member.parameter()) is not None
        ]
        self._session.observe_begin(step, batch.buffers, len(batch))
        self._began = True

    def end(self) -> None:
        """Waits for the look that was begun, if any: it is kept if nothing has changed."""
        if not self._began:
            return
        self._began = False
        held, self._held = self._held, []
        change = next((change for one in held if (change := one.change()) is not None), None)
        if change is None:
            self._session.observe_wait()
        else:
            self._session.observe_drop(change)


def refuse_unguarded(model: torch.nn.Module, optimizers: Sequence[torch.optim.Optimizer], shared: bool) -> None:
    """Raises ArgumentError where nothing says when the parameters are about to be written, or their memory to go.

    shared: whether several ranks of torch.distributed make one run.
    """
    reason = _why_unguarded(model, optimizers, shared)
    if reason is not None:
        raise ArgumentError(f"overlap=True is not possible here: {reason}. Watch without it")


def _why_unguarded(model: torch.nn.Module, optimizers: Sequence[torch.optim.Optimizer], shared: bool) -> str | None:
    if shared:
        return "the ranks of torch.distributed share this run, and what they exchange is read at once"
    if not optimizers:
        return "without an optimizer nothing says when the parameters are about to be written"
    for module in model.modules():
        if any(base.__name__ in ("FullyShardedDataParallel", "FSDPModule") for base in type(module).__mro__):
            return "FSDP frees and refills the memory of parameters in the course of a step"
    trained = {id(parameter) for optimizer in optimizers for group in optimizer.param_groups for parameter in group["params"]}
    for name, parameter in model.named_parameters():
        if hasattr(parameter, "_in_backward_optimizers"):
            return f"an optimizer of its own writes to {name} during the backward pass"
        if parameter.requires_grad and id(parameter) not in trained:
            return f"{name} is trained, but by none of the optimizers given, so nothing says when it is about to be written"
    if len(optimizers) > 1 and any(getattr(p, "_post_accumulate_grad_hooks", None) for p in model.parameters()):
        return "the optimizers may step during the backward pass, from hooks of the parameters"
    return None
