"""Which parameters are looked at as the model changes: added, initialised late, replaced, frozen, removed."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Callable

from .._buffers import dtype_name
from ..session import Session
from .batch import Batch, Member
from ..distributed.local import local, whole_shape
from .parameters import Gap, Patterns, Selection, survey

if TYPE_CHECKING:
    import torch


class Roster:
    """The parameters of a model that are registered with a session, and the batch of those to look at now."""

    def __init__(
        self,
        session: Session,
        model: torch.nn.Module,
        selection: Selection,
        note: Callable[[Gap], None],
        *,
        include: Patterns,
        exclude: Patterns,
    ) -> None:
        self._session = session
        self._model = weakref.ref(model)
        self._include, self._exclude = include, exclude
        self._note = note
        self._trained = 0
        self._frozen: list[Member] = []
        self._unseen_frozen = False
        self._known: dict[str, weakref.ref[torch.nn.Parameter]] = {}
        self._noted: set[str] = set()
        #: Parameters that have no memory yet, by name.
        self._lazy: list[Gap] = []
        self._take_gaps(selection)
        self.batch = Batch([self._register(name, name, parameter) for name, parameter in selection.parameters])

    def settle(self) -> None:
        """After a look: frozen parameters have been seen, once."""
        if self._unseen_frozen:
            self._unseen_frozen = False
            frozen = {member.tensor for member in self._frozen}
            self.batch = Batch([member for member in self.batch.members if member.tensor not in frozen])

    def refresh(self, step: int, trained: int) -> Batch:
        """The batch with every member where it is now.

        trained: how many parameters the optimizers have; a change is a reason to ask the model what it has. Other reasons are
        parameters without memory, a member that cannot be read any more, and, for it takes milliseconds, now and then.
        """
        self._unfreeze()
        troubled = not self.batch.refresh()
        if troubled:
            self._drop_troubled(step)
        if troubled or self._lazy or trained != self._trained or (step & (step - 1)) == 0 or step % 1024 == 0:
            self._trained = trained
            self._take_in(step)
        return self.batch

    def parameters(self) -> list[tuple[str, torch.nn.Parameter]]:
        """The members that are there now."""
        return [(m.name, parameter) for m in self.batch.members if (parameter := m.parameter()) is not None]

    def standing(self) -> Batch:
        """The members that can be looked at now, whatever has become of the others."""
        batch = Batch([member for member in self.batch.members if member.trouble() is None])
        return batch if batch.refresh() else Batch([])

    def writes(self) -> int | None:
        """How often torch has counted a write to a parameter that is trained: a sign that they are not what they were."""
        for member in self.batch.members:
            parameter = member.parameter()
            if parameter is not None and parameter.requires_grad:
                return None if parameter.is_inference() else local(parameter)._version
        return None

    def end(self) -> None:
        """Notes what never came to be watched."""
        for gap in self._lazy:
            self._note(gap)

    def _register(self, name: str, own_name: str, parameter: torch.nn.Parameter) -> Member:
        """own_name: the one in the run, where no two tensors have the same."""
        frozen = not parameter.requires_grad
        number = self._session.register(
            own_name, dtype_name(parameter), local(parameter).shape, frozen=frozen, whole=whole_shape(parameter)
        )
        member = Member.of(number, own_name, parameter)
        self._known[name] = member.parameter
        if frozen:
            self._frozen.append(member)
            self._unseen_frozen = True
            self._note(Gap(own_name, "frozen: seen once"))
        return member

    def _unfreeze(self) -> None:
        """Takes in parameters that were frozen and are trained now."""
        thawed = [m for m in self._frozen if (p := m.parameter()) is not None and p.requires_grad]
        if thawed:
            numbers = {member.tensor for member in thawed}
            self._frozen = [member for member in self._frozen if member.tensor not in numbers]
            here = {member.tensor for member in self.batch.members}
            self.batch = Batch([*self.batch.members, *(m for m in thawed if m.tensor not in here)])

    def _drop_troubled(self, step: int) -> None:
        """Goes on without the parameters that cannot be looked at any more."""
        well = []
        for member in self.batch.members:
            reason = member.trouble()
            if reason is None:
                well.append(member)
            else:
                self._known = {name: known for name, known in self._known.items() if known is not member.parameter}
                self._note(Gap(member.name, f"watched until step {step - 1}: {reason}", surprising=True))
        self.batch = Batch(well)
        if not self.batch.refresh():
            raise RuntimeError("parameters changed while they were looked at")

    def _take_in(self, step: int) -> None:
        """Asks the model what it has by now, and takes in what is new."""
        model = self._model()
        if model is None:
            return
        selection = survey(model, self._include, self._exclude)
        self._take_gaps(selection)
        members = {member.name: member for member in self.batch.members}
        taken = set(self._session.tensors)
        for name, parameter in selection.parameters:
            known = self._known.get(name)
            if known is not None and known() is parameter:
                continue
            old = members.get(name)
            if old is not None and old.dtype is parameter.dtype and old.shape == local(parameter).shape:
                members[name] = Member.of(old.tensor, name, parameter)
                self._known[name] = members[name].parameter
                self._note(Gap(name, f"another parameter since step {step}"))
                continue
            if old is not None:
                del members[name]
                self._note(Gap(name, f"watched until step {step - 1}: another parameter has its name", surprising=True))
            own_name = f"{name}@{step}" if name in taken else name
            members[own_name] = self._register(name, own_name, parameter)
            self._note(Gap(own_name, f"watched from step {step} on: it was not there before"))
        self.batch = Batch(list(members.values()))
        self.batch.refresh()

    def _take_gaps(self, selection: Selection) -> None:
        self._lazy = [gap for gap in selection.gaps if gap.lazy]
        for gap in selection.gaps:
            if not gap.lazy and gap.name not in self._noted:
                self._noted.add(gap.name)
                self._note(gap)
