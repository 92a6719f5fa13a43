"""Which parameters of a model are watched, under which names, and which are not and why."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Iterable, NamedTuple, Sequence, Union

from .. import devices
from .._buffers import is_dense
from ..errors import ArgumentError
from ..distributed.local import local, why_never, why_not_here

if TYPE_CHECKING:
    import torch

#: What torch.compile, FSDP and activation checkpointing put into the names of parameters.
_WRAPPERS = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")

Patterns = Union[str, Sequence[str], None]


class Gap(NamedTuple):
    """Something that is not watched, or not all the time."""

    name: str
    reason: str
    #: Whether the user did not ask for it and should hear of it at once.
    surprising: bool = False
    #: Whether it may still come to be watched, once its shape is known.
    lazy: bool = False
    #: Whether another process looks at it.
    elsewhere: bool = False


class Selection(NamedTuple):
    """A model's parameters that can be watched, each once, and what is left out."""

    parameters: list[tuple[str, torch.nn.Parameter]]
    gaps: list[Gap]


def select(model: torch.nn.Module, include: Patterns = None, exclude: Patterns = None) -> Selection:
    """As `survey`, but raises ArgumentError if nothing is to be watched, now or later."""
    found = survey(model, include, exclude)
    if not found.parameters and not any(gap.lazy or gap.elsewhere for gap in found.gaps):
        raise ArgumentError(_why_none(found.gaps))
    return found


def survey(model: torch.nn.Module, include: Patterns = None, exclude: Patterns = None) -> Selection:
    """The parameters of a model whose names match `include` (all, if None) and not `exclude`: patterns as for file names."""
    parameters: list[tuple[str, torch.nn.Parameter]] = []
    gaps: list[Gap] = []
    first_names: dict[int, str] = {}
    first_places: dict[tuple[int, ...], str] = {}
    for name, parameter in _named_parameters(model):
        first = first_names.setdefault(id(parameter), name)
        if first != name:
            gaps.append(Gap(name, f"tied to {first}"))
        elif is_lazy(parameter):
            if _is_wanted(name, include, exclude):
                gaps.append(Gap(name, "its shape was never known: it is a lazy parameter", lazy=True))
        elif include is not None and not _matches(name, include):
            gaps.append(Gap(name, "left out by include"))
        elif _matches(name, exclude):
            gaps.append(Gap(name, "left out by exclude"))
        elif (reason := why_not(parameter)) is not None:
            elsewhere = why_not_here(parameter) is not None
            gaps.append(Gap(name, reason, surprising=not elsewhere, elsewhere=elsewhere))
        elif (first := first_places.setdefault(_place(name, parameter), name)) != name:
            gaps.append(Gap(name, f"shares its memory with {first}"))
        else:
            parameters.append((name, parameter))
    return Selection(parameters, gaps)


def is_lazy(parameter: Any) -> bool:
    """Whether a parameter gets its shape and memory at the first forward pass only."""
    from torch.nn.parameter import is_lazy

    return is_lazy(parameter)


def why_not(parameter: Any) -> str | None:
    """Why a parameter cannot be looked at now, or None if it can."""
    try:
        return why_never(parameter) or why_not_here(parameter) or devices.unreachable(local(parameter))
    except Exception as error:  # Subclasses of Tensor may refuse any question.
        return f"it cannot be asked where its memory is: {error}"


def strangers(model: torch.nn.Module, optimizers: Iterable[torch.optim.Optimizer]) -> Gap | None:
    """The parameters that optimizers train and the model does not have, as one gap, or None."""
    own = {id(parameter) for parameter in model.parameters()}
    trained = [parameter for o in optimizers for group in o.param_groups for parameter in group["params"]]
    count = sum(id(parameter) not in own for parameter in trained)
    if count == 0:
        return None
    return Gap("optimizer", f"{count} of the {len(trained)} parameters it trains are not the model's")


def _named_parameters(model: torch.nn.Module) -> Iterable[tuple[str, torch.nn.Parameter]]:
    """A model's parameters, tied ones under each of their names, without what wrappers add to the names."""
    from torch.nn import DataParallel
    from torch.nn.parallel import DistributedDataParallel

    bare: Any = model
    while isinstance(bare, (DataParallel, DistributedDataParallel)) or hasattr(bare, "_orig_mod"):
        bare = bare.module if isinstance(bare, (DataParallel, DistributedDataParallel)) else bare._orig_mod
    for name, parameter in bare.named_parameters(remove_duplicate=False):
        for prefix in _WRAPPERS:
            name = name.replace(prefix, "")
        yield name, parameter


def _place(name: str, parameter: torch.nn.Parameter) -> tuple[Any, ...]:
    """The same for parameters that are the same stretch of memory; an empty one's is its own."""
    here = local(parameter)
    if not here.numel():
        return (name,)
    gaps = () if is_dense(here.shape, here.stride()) else (here.shape, here.stride())
    return here.device, here.data_ptr(), here.numel(), here.element_size(), *gaps


def _is_wanted(name: str, include: Patterns, exclude: Patterns) -> bool:
    return (include is None or _matches(name, include)) and not _matches(name, exclude)


def _matches(name: str, patterns: Patterns) -> bool:
    if patterns is None:
        return False
    return any(fnmatchcase(name, pattern) for pattern in ([patterns] if isinstance(patterns, str) else patterns))


def _why_none(gaps: list[Gap]) -> str:
    unreadable_ones = [gap for gap in gaps if gap.surprising]
    if unreadable_ones:
        first = unreadable_ones[0]
        return f"none of the model's parameters can be watched; the first is {first.name}: {first.reason}"
    if gaps:
        return f"include and exclude leave nothing to watch of the model's {len(gaps)} parameters"
    return "the model has no parameters to watch"
