"""A run that is going on."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Callable, Iterator

from ..errors import FileError, StepError, UnknownError
from ..events import ForkEvent
from ..forks import Forks
from ..run import Run
from ..session import Session
from .cadence import Every, cadence
from .companions import Companions
from .optimizers import Optimizers
from .observer import Observer
from .overlap import Overlap
from .parameters import Gap
from .roster import Roster
from .view import TensorView

_log = logging.getLogger("furca")


class Scope:
    """What `furca.watch` returns. `scope[name]` is a tensor as the latest look saw it; everything here may be asked from
    any thread while the model trains.

    Trouble while looking never reaches the training loop: it goes to the logger "furca" once, and into the report.
    """

    def __init__(
        self,
        session: Session,
        optimizers: Optimizers,
        *,
        step: int,
        every: Every,
        verbose: bool,
        on_event: Callable[[ForkEvent], object] | None,
    ) -> None:
        self.session = session
        #: How many times the parameters have been updated, as far as known when the watch began, and since.
        self.step = step
        self._start = step
        self._optimizers = optimizers
        self._is_chosen = cadence(every)
        self._verbose = verbose
        self._on_event = on_event
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._uncharged = 0.0
        self._told = 0
        self._announced = 0
        self._manual = not len(optimizers)
        self._stopped = False
        self._on_fork: list[Callable[[ForkEvent], Any]] = []
        self._skipping: int | None = None
        self._due = (-1, False)
        self._last_events: list[ForkEvent] | None = None
        self._last_report = ""
        self._run: Run | None = None
        self._problems = 0
        self.observer = Observer(session, self._library_counts)
        self.observer.is_unguarded = self._manual
        #: The step of the latest look, and what `Roster.writes` said after the latest step.
        self._looked = -1
        self._writes: int | None = None

    def begin(
        self, roster: Roster, companions: Companions, overlap: Overlap | None, owner: object, *, looks: bool = True
    ) -> None:
        """Looks at all parameters as they are now, step 0, and from then on after the optimizers' steps. With `owner` ends
        the training; otherwise with the program. `looks`: whether to look now; a run that is resumed has been there."""
        self._roster = roster
        self._companions = companions
        self._overlap = overlap
        if looks:
            self._look()
            # The training has yet to begin: nothing is held up.
            self._end_readings()
        else:
            self._roster.settle()
        self._optimizers.attach(self._before_step, self._after_step)
        self._end = weakref.finalize(owner, self.close)

    @property
    def tensors(self) -> list[str]:
        """The names of all parameters that are watched."""
        return self.session.tensors

    def __iter__(self) -> Iterator[str]:
        return iter(self.tensors)

    def __getitem__(self, name: str) -> TensorView:
        return TensorView(self, name)

    def forks(self) -> Forks:
        """Everything that has happened so far, also after `close`; its `tree()` shows a tensor's branches."""
        if self._last_events is None:
            return self.session.events()
        return Forks(self._last_events, seen=self.run._seen if self.session.path is not None else None)

    def new_forks(self) -> list[ForkEvent]:
        """What has happened since the last call."""
        events = self.forks()[self._told :]
        self._told += len(events)
        return events

    def on_fork(self, function: Callable[[ForkEvent], Any]) -> Callable[[ForkEvent], Any]:
        """Has `function` called with every event from now on, inside the training loop, after the look that found it. What it
        raises is logged and does not stop the training. Returns the function, so it can be a decorator."""
        if self._on_event is None and not self._on_fork and not self._verbose:
            self._announced = len(self.forks())
        self._on_fork.append(function)
        return function

    def log(self, /, **metrics: Any) -> None:
        """Records numbers of yours at the current step: `scope.log(loss=loss, lr=1e-3)`."""
        for name, value in metrics.items():
            # A loss still carries its graph, which float() would warn about.
            self.session.log(self.step, name, float(value.item() if hasattr(value, "item") else value))

    def rewind(self, step: int) -> None:
        """Goes back to `step`, as when an older checkpoint is loaded: the next look is of a later one."""
        with self._lock:
            self._end_overlap()
            self._end_readings()
            self.session.rewind(step)
            self.step = step
            self._due = (-1, False)
            self._looked = min(self._looked, step)

    def look(self) -> None:
        """Looks at the parameters as they are now, whatever the budget says, unless this step was looked at already."""
        if not self.session.closed:
            self._look_now()
            self._announce()

    def tick(self, step: int | None = None) -> None:
        """Says that the parameters have been updated, and looks at them if it is time: for loops whose updates no torch
        optimizer makes, or a compiled one.

        step: how many updates there have been; None for one more. From the first call on the optimizers' steps do not count.
        """
        if not self._manual:
            self._manual = self.observer.is_unguarded = True
            if self.step > self._start and step is None:
                return  # The optimizer's hook has counted and looked at this one.
        target = self.step + 1 if step is None else step
        if target <= self.step:
            raise StepError(f"tick({target}) after step {self.step}: steps go up; scope.rewind({target - 1}) goes back")
        if self._stopped:
            return
        with self._looking():
            self._end_overlap()
            self.observer.publish()
            if self._overlap is not None:
                self._overlap = None
                self.note(Gap("overlap", f"looks are read at once since tick() counts the steps, from step {target} on"))
            self.step = target
            if self._is_due(target):
                self._companions.after_closure(target, self._roster.parameters())
                self._look()
            self._writes = self._roster.writes()
        self._announce()

    @property
    def path(self) -> str | None:
        """The run file."""
        return self.session.path

    @property
    def run(self) -> Run:
        """A reader of the run file, with all looks so far in it."""
        with self._lock:
            if not self.session.closed:
                self._end_readings()
                self.session.flush()
            if self._run is None:
                if self.session.path is None:
                    raise UnknownError("this scope writes no run file: of several processes, rank 0 writes it")
                self._run = Run(self.session.path)
            return self._run

    def report(self) -> str:
        """A few lines: what was seen, what was not and why, what it cost. Also after `close`."""
        return self._last_report if self.session.closed else self.session.report()

    def close(self, *, report: bool = True) -> None:
        """Ends the run, closes its file and prints the report. The second time, and in a child process, does nothing.

        If the budget, or `every`, left out the last step, its parameters are looked at now.
        """
        with self._lock:
            if self.session.closed or os.getpid() != self._process:
                return
            self._optimizers.detach()
            self._end.detach()
            self._end_overlap()
            self._look_a_last_time()
            self._end_readings()
            self._note_the_unseen()
            try:
                self.session.flush()
            except FileError:
                pass  # Said again by close, below.
            try:
                self._announce()
            except Exception:  # Of the user's own function, which has nothing left to stop.
                _log.exception("a function given as on_event failed when the run was closed")
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

    def _before_step(self, optimizer: Any, closure: bool) -> None:
        if self._overlap is not None or self.observer.reads_on_devices():
            with self._looking():
                self._end_overlap()
                self.observer.hold_writes()
                self.observer.publish()
            self._announce()
        if self._manual:
            return
        with self._looking():
            self._skipping = id(optimizer) if self._optimizers.skips(optimizer, self.step) else None
            if self._skipping is None and self._companions and self._is_due(self.step + 1):
                self._companions.before_step(
                    self.step + 1, optimizer, self._optimizers.own(optimizer, self._roster.parameters()), closure=closure
                )
                self.observer.hold_writes()

    def _after_step(self, optimizer: Any, closure: bool) -> None:
        if self._manual:
            return
        if self._skipping == id(optimizer):
            self._writes = self._roster.writes()  # torch counts one, though nothing has changed.
            return
        with self._looking():
            if closure and self._companions and self._is_due(self.step + 1):
                self._companions.after_closure(
                    self.step + 1, self._optimizers.own(optimizer, self._roster.parameters())
                )
            if self._optimizers.stepped(optimizer):
                self.step += 1
                if self._is_due(self.step):
                    self._look()
                    self._tell_problems()
                self._writes = self._roster.writes()
            elif (trouble := self._optimizers.waiting()) is not None:
                self.note(Gap("steps", trouble, surprising=True))
        self._announce()

    def _is_due(self, step: int) -> bool:
        """Whether to look at a step; the library is asked once."""
        if self._due[0] != step:
            self._due = step, self._is_chosen(step) and self.session.due(step)
        return self._due[1]

    def _look(self) -> None:
        """Looks at the parameters at the current step, and at what goes with them."""
        self._looked = self.step
        batch = self._roster.refresh(self.step, self._optimizers.parameter_count)
        overlaps = self._overlap is not None and not self.observer.reads_on_devices(batch.is_remote)
        # Looks of several processes are matched by their order, so that one with nothing to look at says so.
        if (len(batch) > 0 or self.session.is_shared) and not overlaps:
            self.observer.observe_batch(self.step, batch)
        if self._companions and self.step > self._start:
            self._companions.after_step(self.step, self._roster.parameters(), self._optimizers.alive())
        if len(batch) > 0 and overlaps and self._overlap is not None:
            with self._library_counts():
                self._overlap.begin(self.step, batch)
        self._roster.settle()

    def _end_readings(self) -> None:
        """Has everything that is read on devices cross over, which is waited for."""
        try:
            self.observer.finish()
        except Exception as error:  # Of the device, in whatever it was doing.
            self.note(Gap("looks", f"what was read on a device last did not arrive: {error}", surprising=True))

    def _end_overlap(self) -> None:
        """Has the look that is being read beside the training read to its end: from now on parameters may be written to."""
        if self._overlap is not None:
            with self._library_counts():
                self._overlap.end()

    @contextmanager
    def _library_counts(self) -> Iterator[None]:
        """Around a call whose time the library counts itself."""
        self._charge()
        began = perf_counter()
        yield
        self._uncharged -= perf_counter() - began

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """Around everything that is done inside the training loop: takes the time, and lets no trouble out."""
        began = perf_counter()
        with self._lock:
            try:
                yield
            except Exception as error:
                self._give_up(error)
            self._uncharged += perf_counter() - began

    def _announce(self) -> None:
        """Tells of what has happened since the last time. Errors of the user's own function go to the user."""
        if self._on_event is None and not self._on_fork and not self._verbose or self.session.closed:
            return
        events = self.session.events(self._announced)
        self._announced += len(events)
        for event in events:
            if self._verbose:
                print(f"furca: {event}")
            for function in self._on_fork:
                try:
                    function(event)
                except Exception:
                    _log.exception("a function given to on_fork failed at: %s", event)
            if self._on_event is not None:
                self._on_event(event)

    def _look_a_last_time(self) -> None:
        """At the state in which the training ends, if that is still there and was not seen."""
        if self.step == self._start or self._looked == self.step:
            return
        writes = self._roster.writes()
        if writes is not None and self._writes is not None and writes != self._writes:
            self.note(Gap("the last step", f"not looked at: parameters were written to between step {self.step} and the end"))
            return
        self._look_now()

    def _look_now(self) -> None:
        if self._looked == self.step or self._stopped:
            return
        with self._looking():
            self._end_overlap()
            batch = self._roster.standing()
            if len(batch) > 0 or self.session.is_shared:
                self._looked = self.step
                self.observer.observe_batch(self.step, batch)

    def _note_the_unseen(self) -> None:
        self._roster.end()
        for name, reason in self.observer.gaps():
            self.note(Gap(name, reason))
        for gap in (*self._optimizers.gaps(self.step, self.step > self._start), *self._companions.gaps()):
            self.note(gap)

    def note(self, gap: Gap) -> None:
        """Puts a gap into the run, and into the log if nobody asked for it."""
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

    def _give_up(self, error: Exception) -> None:
        """Stops watching, once, and says so: the training goes on."""
        self._stopped = True
        self._optimizers.detach()
        if self.session.closed:
            return
        try:
            self._end_overlap()
        except Exception as first:
            _log.warning("the last look could not be read to its end: %s", first)
        _log.warning("watching stopped at step %d: %s", self.step, error)
        try:
            self.session.gap("everything", f"watching stopped at step {self.step}: {error}")
        except Exception as second:
            _log.warning("nor could this be noted in the run: %s", second)
