"""A stand-in for torch.cuda, on which CPU tensors pass for tensors on a GPU.

What is launched is done at once; but it is noted which stream it was launched on, and what each stream has waited for. So it can be
said of any two accesses to the same memory whether a GPU might do them in the other order: that is a race. It is also noted when the
CPU asks for a value that it would have to wait for.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from furca.devices import lanes, placement, readings


class Stream:
    def __init__(self, cuda: FakeCuda, name: str) -> None:
        self.name = name
        self.cuda = cuda
        #: Of each stream, how much of its work comes before what is launched here next.
        self.seen = {name: 0}

    def wait_stream(self, other: Stream) -> None:
        self._wait(other.seen)

    def wait_event(self, event: Event) -> None:
        self._wait(event.seen)

    def synchronize(self) -> None:
        raise AssertionError("a stream was synchronised")

    def _wait(self, seen: dict[str, int]) -> None:
        for name, count in seen.items():
            self.seen[name] = max(self.seen.get(name, 0), count)


class Event:
    def __init__(self, cuda: FakeCuda) -> None:
        self.cuda = cuda

    def elapsed_time(self, other: Event) -> float:
        assert self.query() and other.query(), "it is not known yet"
        return 0.5

    def record(self, stream: Stream) -> None:
        self.seen = dict(stream.seen)
        self.time = self.cuda.time

    def query(self) -> bool:
        return self.cuda.time >= self.time + self.cuda.latency

    def synchronize(self) -> None:
        self.cuda.waits += 1
        self.cuda.time = max(self.cuda.time, self.time + self.cuda.latency)


class FakeCuda(TorchDispatchMode):
    """While entered, operations are noted."""

    def __init__(self, latency: int = 0) -> None:
        super().__init__()
        #: What is launched has come to pass when `time` has advanced by this.
        self.latency = latency
        self.time = 0
        self.waits = 0
        self.training = Stream(self, "training")
        self._current = [self.training]
        self._streams = 0
        self._memory: dict[int, str] = {}
        self._accesses: dict[int, list[tuple[Stream, int, bool]]] = {}
        self.races: list[str] = []
        self.host: set[int] = set()
        self.kept: set[int] = set()
        #: Operations that were launched on other streams than the training's, by name.
        self.launched_beside: list[str] = []

    def Stream(self, device: Any = None) -> Stream:
        self._streams += 1
        return Stream(self, f"side {self._streams}")

    def Event(self, enable_timing: bool = False) -> Event:
        return Event(self)

    def current_stream(self, device: Any = None) -> Stream:
        return self._current[-1]

    @contextmanager
    def stream(self, stream: Stream) -> Iterator[None]:
        self._current.append(stream)
        yield
        self._current.pop()

    def note(self, **tensors: torch.Tensor) -> None:
        """Has accesses to the memory of these noted from now on."""
        for name, tensor in tensors.items():
            self._memory[_place(tensor)] = name

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        stream = self._current[-1]
        if func._schema.name in ("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select"):
            tensors = [tensor for tensor, _ in _tensors(func, args, kwargs)]
            assert all(_place(tensor) in self.host for tensor in tensors), f"{func} makes the CPU wait for the device"
        if not _is_view(func):
            stream.seen[stream.name] += 1
            if stream is not self.training:
                self.launched_beside.append(func._schema.name.removeprefix("aten::"))
            for tensor, writes in _tensors(func, args, kwargs):
                self._access(_place(tensor), stream, writes, str(func))
        return func(*args, **kwargs)

    def _access(self, place: int, stream: Stream, writes: bool, what: str) -> None:
        if place not in self._memory:
            return
        before = self._accesses.setdefault(place, [])
        for other, count, wrote in before:
            if (writes or wrote) and other is not stream and stream.seen.get(other.name, 0) < count:
                self.races.append(f"{self._memory[place]}: {what} on {stream.name} against work on {other.name}")
        before.append((stream, stream.seen[stream.name], writes))


class Lane(lanes.SideStream):
    """A side stream that tells the stand-in which memory is the CPU's own."""

    def to_host(self, tensor: torch.Tensor) -> torch.Tensor:
        place = super().to_host(tensor)
        self._cuda.host.add(_place(place))
        return place

    def keep(self, tensor: torch.Tensor) -> None:
        super().keep(tensor)
        self._cuda.kept.add(_place(tensor))


@contextmanager
def on_device(monkeypatch: Any, latency: int = 0, copied: int | None = None, *, guards: bool = True) -> Iterator[FakeCuda]:
    """All tensors pass for tensors on a GPU.

    copied: up to how many bytes they cross over themselves.
    guards: whether nobody may ask for a value that is on the device, torch's own code included.
    """
    cuda = FakeCuda(latency)
    with monkeypatch.context() as patch:
        patch.setattr(placement, "NO_DEVICES", ("meta",))
        patch.setattr(readings, "NO_DEVICES", ("meta",))
        patch.setattr(readings, "lane_of", lambda device: Lane(device, cuda))
        if copied is not None:
            patch.setattr("furca.devices.reading.COPIED", copied)
        for name in ("cpu", "numpy", "tolist") if guards else ():
            patch.setattr(torch.Tensor, name, _guarded(cuda, getattr(torch.Tensor, name)))
        patch.setattr(torch.cuda, "synchronize", _forbidden)
        yield cuda
    assert not cuda.races, cuda.races[0]


def _guarded(cuda: FakeCuda, method: Any) -> Any:
    def call(tensor: torch.Tensor, *args: Any) -> Any:
        assert _place(tensor) in cuda.host, f"{method.__name__}() makes the CPU wait for the device"
        return method(tensor, *args)

    return call


def _forbidden(*_: Any) -> None:
    raise AssertionError("the device was synchronised")


def _place(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _is_view(func: Any) -> bool:
    """Whether it only makes another tensor of the same memory."""
    returns = [value.alias_info for value in func._schema.returns]
    return any(alias is not None and not alias.is_write for alias in returns)


def _tensors(func: Any, args: Any, kwargs: Any) -> Iterator[tuple[torch.Tensor, bool]]:
    """The tensors that are given to an operation, and whether it writes to them."""
    for index, argument in enumerate(func._schema.arguments):
        given = args[index] if index < len(args) else kwargs.get(argument.name)
        writes = argument.alias_info is not None and argument.alias_info.is_write
        for value in given if isinstance(given, (list, tuple)) else [given]:
            if isinstance(value, torch.Tensor):
                yield value, writes
