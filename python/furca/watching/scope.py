"""A run that is going on."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from time import perf_counter
from typing import TYPE_CHECKING, Any, Iterator, Sequence

from ..errors import FileError
from ..events import ForkEvent
from ..run import Run
from ..session import Session
from .batch import Batch, Member
from .hook import StepHook
from .parameters import Gap
from .view import TensorView

if TYPE_CHECKING:
    import torch

_log = logging.getLogger("furca")

#: Up to this step every step is looked at, whatever `every` says; `Session` has the same for the budget.
ALWAYS_UNTIL = 16


class Scope:
    """What `furca.watch` returns. `scope[name]` is a tensor as the latest look saw it; everything here may be asked from
    any thread while the model trains.

    Trouble while looking never reaches the training loop: it goes to the logger "furca" once, and into the report.
    """

    def __init__(
        self,
        session: Session,
        optimizer: torch.optim.Optimizer,
        parameters: Sequence[tuple[str, torch.nn.Parameter]],
        gaps: Sequence[Gap],
        *,
        every: int,
        verbose: bool,
        last: int | None = None,
    ) -> None:
        """Looks at all parameters as they are now, step 0, and from then on after the optimizer's steps.

        last: the last step of the run, if it is resumed; it is not looked at again."""
        self.session = session
        #: How many times the optimizer has stepped since the watch began (or since the step rewound to).
        self.step = 0 if last is None else last
        self._every = every
        self._verbose = verbose
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._uncharged = 0.0
        self._told = 0
        self._printed = 0
        self._last_events: list[ForkEvent] | None = None
        self._last_report = ""
        self._run: Run | None = None
        self._problems = 0

        for gap in gaps:
            self._note(gap)
        members = []
        self._frozen: list[Member] = []
        for name, parameter in parameters:
            frozen = not parameter.requires_grad
            dtype = str(parameter.dtype).removeprefix("torch.")
            member = Member.of(session.register(name, dtype, parameter.shape, frozen=frozen), name, parameter)
            members.append(member)
            if frozen:
                self._frozen.append(member)
                self._note(Gap(name, "frozen: seen once"))
        self._batch = Batch(members)
        if last is None:
            self._look()
        self._batch = Batch([member for member in members if member not in self._frozen])

        self._hook = optimizer.register_step_post_hook(StepHook(self._after_step))
        # With the optimizer ends the training; otherwise with the program.
        self._end = weakref.finalize(optimizer, self.close)

    @property
    def tensors(self) -> list[str]:
        """The names of all parameters that are watched."""
        return self.session.tensors

    def __iter__(self) -> Iterator[str]:
        return iter(self.tensors)

    def __getitem__(self, name: str) -> TensorView:
        return TensorView(self, name)

    def forks(self) -> list[ForkEvent]:
        """Everything that has happened so far, also after `close`."""
        return self.session.events() if self._last_events is None else list(self._last_events)

    def new_forks(self) -> list[ForkEvent]:
        """What has happened since the last call."""
        events = self.forks()[self._told :]
        self._told += len(events)
        return events

    def log(self, /, **metrics: Any) -> None:
        """Records numbers of yours at the current step: `scope.log(loss=loss, lr=1e-3)`."""
        for name, value in metrics.items():
            # A loss still carries its graph, which float() would warn about.
            self.session.log(self.step, name, float(value.item() if hasattr(value, "item") else value))

    def rewind(self, step: int) -> None:
        """Goes back to `step`, as when an older checkpoint is loaded: the next look is of a later one."""
        with self._lock:
            self.session.rewind(step)
            self.step = step

    @property
    def path(self) -> str | None:
        """The run file."""
        return self.session.path

    @property
    def run(self) -> Run:
        """A reader of the run file, with all looks so far in it."""
        with self._lock:
            if not self.session.closed:
                self.session.flush()
            if self._run is None:
                self._run = Run(self.session.path)
            return self._run

    def report(self) -> str:
        """A few lines: what was seen, what was not and why, what it cost. Also after `close`."""
        return self._last_report if self.session.closed else self.session.report()

    def close(self, *, report: bool = True) -> None:
        """Ends the run, closes its file and prints the report. The second time, and in a child process, does nothing."""
        with self._lock:
            if self.session.closed or os.getpid() != self._process:
                return
            self._hook.remove()
            self._end.detach()
            try:
                self.session.flush()
            except FileError:
                pass  # Said again by close, below.
            self._charge()
            self._last_events = self.session.events()
            self._last_report = self.session.report()
            self._tell_problems()
            if report:
                print(self._last_report)
            try:
                self.session.close()
            except FileError as error:
                # The training is over, and must not end with the disk's error.
                _log.warning("%s", error)

    def __enter__(self) -> Scope:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = ", closed" if self.session.closed else ""
        return f"Scope({self.path!r}, step {self.step}, {len(self.tensors)} tensors{state})"

    def _after_step(self) -> None:
        began = perf_counter()
        with self._lock:
            self.step += 1
            try:
                if (self.step % self._every == 0 or self.step <= ALWAYS_UNTIL) and self.session.due(self.step):
                    self._look()
                    self._tell_problems()
                    if self._verbose:
                        self._print_forks()
                self._uncharged += perf_counter() - began
            except Exception as error:
                self._give_up(error)

    def _look(self) -> None:
        """Observes the batch at the current step."""
        self._unfreeze()
        if not self._batch.refresh():
            self._drop_troubled()
        if len(self._batch) == 0:
            return
        self._charge()
        began = perf_counter()
        self.session.observe(self.step, self._batch.buffers, len(self._batch))
        self._uncharged -= perf_counter() - began  # The library counts that part itself.

    def _unfreeze(self) -> None:
        """Takes in parameters that were frozen when the watch began and are trained now."""
        thawed = [member for member in self._frozen if (p := member.parameter()) is not None and p.requires_grad]
        if thawed and self.step > 0:
            self._frozen = [member for member in self._frozen if member not in thawed]
            self._batch = Batch([*self._batch.members, *thawed])

    def _drop_troubled(self) -> None:
        """Goes on without the parameters that cannot be looked at any more."""
        well = []
        for member in self._batch.members:
            reason = member.trouble()
            if reason is None:
                well.append(member)
            else:
                self._note(Gap(member.name, f"watched until step {self.step - 1}: {reason}", surprising=True))
        self._batch = Batch(well)
        if not self._batch.refresh():
            raise RuntimeError("parameters changed while they were looked at")

    def _note(self, gap: Gap) -> None:
        self.session.gap(gap.name, gap.reason)
        if gap.surprising:
            _log.warning("%s is not watched: %s", gap.name, gap.reason)

    def _charge(self) -> None:
        if self._uncharged > 0:
            self.session.charge(self._uncharged)
        self._uncharged = 0.0

    def _tell_problems(self) -> None:
        """Says what has gone wrong with the run file, once; the report says it again."""
        count, text = self.session.problems()
        if count > self._problems:
            self._problems = count
            _log.warning("%s", text)

    def _print_forks(self) -> None:
        events = self.session.events(self._printed)
        self._printed += len(events)
        for event in events:
            print(f"furca: {event}")

    def _give_up(self, error: Exception) -> None:
        """Stops watching, once, and says so: the training goes on."""
        self._hook.remove()
        if self.session.closed:
            return
        _log.warning("watching stopped at step %d: %s", self.step, error)
        try:
            self.session.gap("everything", f"watching stopped at step {self.step}: {error}")
        except Exception as second:
            _log.warning("nor could this be noted in the run: %s", second)
