"""Which parameters of a model are watched, under which names, and which are not and why."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Iterable, NamedTuple, Sequence, Union

from .._buffers import unreadable
from ..errors import ArgumentError

if TYPE_CHECKING:
    import torch

Patterns = Union[str, Sequence[str], None]


class Gap(NamedTuple):
    """Something that is not watched, or not all the time."""

    name: str
    reason: str
    #: Whether the user did not ask for it and should hear of it at once.
    surprising: bool = False


class Selection(NamedTuple):
    """A model's parameters that can be watched, each once, and what is left out."""

    parameters: list[tuple[str, torch.nn.Parameter]]
    gaps: list[Gap]


def select(model: torch.nn.Module, include: Patterns = None, exclude: Patterns = None) -> Selection:
    """The parameters of a model whose names match `include` (all, if None) and not `exclude`: patterns as for file names.

    Raises ArgumentError if none is left.
    """
    parameters: list[tuple[str, torch.nn.Parameter]] = []
    gaps: list[Gap] = []
    first_names: dict[int, str] = {}
    for name, parameter in _named_parameters(model):
        first = first_names.setdefault(id(parameter), name)
        if first != name:
            gaps.append(Gap(name, f"tied to {first}"))
        elif include is not None and not _matches(name, include):
            gaps.append(Gap(name, "left out by include"))
        elif _matches(name, exclude):
            gaps.append(Gap(name, "left out by exclude"))
        elif (reason := why_not(parameter)) is not None:
            gaps.append(Gap(name, reason, surprising=True))
        else:
            parameters.append((name, parameter))
    if not parameters:
        raise ArgumentError(_why_none(gaps))
    return Selection(parameters, gaps)


def why_not(parameter: Any) -> str | None:
    """Why a parameter cannot be read in place now, or None if it can."""
    try:
        return unreadable(parameter)
    except Exception as error:  # Subclasses of Tensor may refuse any question.
        return f"it cannot be asked where its memory is: {error}"


def strangers(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Gap | None:
    """The parameters that an optimizer trains and the model does not have, as one gap, or None."""
    own = {id(parameter) for parameter in model.parameters()}
    trained = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    count = sum(id(parameter) not in own for parameter in trained)
    if count == 0:
        return None
    return Gap("optimizer", f"{count} of the {len(trained)} parameters it trains are not the model's")


def _named_parameters(model: torch.nn.Module) -> Iterable[tuple[str, torch.nn.Parameter]]:
    """A model's parameters, tied ones under each of their names, without what wrappers add to the names."""
    from torch.nn import DataParallel
    from torch.nn.parallel import DistributedDataParallel

    while isinstance(model, (DataParallel, DistributedDataParallel)) or hasattr(model, "_orig_mod"):
        model = model.module if isinstance(model, (DataParallel, DistributedDataParallel)) else model._orig_mod
    for name, parameter in model.named_parameters(remove_duplicate=False):
        yield name.replace("_orig_mod.", ""), parameter


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
