"""One look at the tensors of one device, from its launch until what was read has crossed over."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Mapping, NamedTuple, Sequence

from .. import _abi
from .._buffers import DTYPES, dtype_name
from ..sketch import Sketch
from .assembling import assembled
from .counting import EXACT, TABLE, count, count_about, sum_up
from .lanes import Lane

if TYPE_CHECKING:
    import torch

#: A tensor of no more bytes than its table of counts would have crosses over itself.
COPIED = 4 * TABLE


class Counted(NamedTuple):
    """A tensor whose counts have crossed over."""

    tensor: int
    sketch: Sketch
    #: The same on two devices that hold the same values, in whatever order, and on few others.
    digest: int


class _Copy(NamedTuple):
    tensor: int
    dtype: int
    elements: int
    #: Where it begins in the memory that all copies share.
    offset: int


class _Count(NamedTuple):
    tensor: int
    dtype: int
    origin: float
    #: Which table has its counts, which those about the origin, and which row of figures is its own.
    row: int
    centred: int | None
    figures: int | None


class Reading:
    """Launched when made. The host's memory has what was read once `event` has come to pass."""

    def __init__(
        self,
        lane: Lane,
        tensors: Sequence[tuple[int, torch.Tensor]],
        numbers: Sequence[tuple[str, torch.Tensor]],
        origins: Mapping[int, float],
        divisor: torch.Tensor | None = None,
    ) -> None:
        """
        tensors: with their numbers in the session.
        numbers: of one element each and one dtype, by name.
        origins: of those tensors that began constant; other than 0.
        divisor: what the tensors are divided by.
        """
        self._divisor = divisor
        import torch

        self._copies: list[_Copy] = []
        self._counts: list[_Count] = []
        self._names = [name for name, _ in numbers]
        small: list[tuple[int, torch.Tensor]] = []
        large: list[tuple[int, torch.Tensor]] = []
        for number, tensor in tensors:
            copied = not lane.counts or tensor.numel() * tensor.element_size() <= COPIED or tensor.dtype is torch.float64
            (small if copied else large).append((number, tensor))
        with torch.no_grad(), lane.reading():
            for tensor in [tensor for _, tensor in (*tensors, *numbers)] + ([] if divisor is None else [divisor]):
                lane.keep(tensor)
            self._bytes = self._launch_copies(lane, small)
            self._tables, self._figures = self._launch_counts(lane, large, origins)
            self._values = (
                lane.to_host(torch.stack([value.detach().reshape(()) for _, value in numbers])) if numbers else None
            )
            self.event = lane.mark()

    def copied(self) -> list[_abi.Buffer]:
        """Where the tensors that were copied are now. Valid as long as this object."""
        start = self._bytes.data_ptr() if self._bytes is not None else 0
        return [_abi.Buffer(start + copy.offset, copy.elements, copy.tensor, copy.dtype) for copy in self._copies]

    def counted(self) -> list[Counted]:
        """Sketches of the tensors that were counted."""
        return [self._counted(one) for one in self._counts]

    @property
    def copied_tensors(self) -> list[int]:
        return [copy.tensor for copy in self._copies]

    @property
    def counted_tensors(self) -> list[int]:
        return [one.tensor for one in self._counts]

    def numbers(self) -> dict[str, float]:
        return dict(zip(self._names, self._values.tolist())) if self._values is not None else {}

    def _launch_copies(self, lane: Lane, tensors: Sequence[tuple[int, torch.Tensor]]) -> torch.Tensor | None:
        """All in one piece of memory: one transfer rather than many."""
        import torch

        pieces, offset = [], 0
        for number, tensor in tensors:
            piece = self._elements(tensor).view(torch.uint8)
            self._copies.append(_Copy(number, DTYPES[dtype_name(tensor)], tensor.numel(), offset))
            pieces.append(piece)
            offset += piece.numel()
        return lane.to_host(torch.cat(pieces)) if pieces else None

    def _launch_counts(
        self, lane: Lane, tensors: Sequence[tuple[int, torch.Tensor]], origins: Mapping[int, float]
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        import torch

        if not tensors:
            return None, None
        device = tensors[0][1].device
        kind = torch.int64 if any(tensor.numel() >= 2**31 for _, tensor in tensors) else torch.int32
        is_wide = [tensor.dtype is torch.float32 for _, tensor in tensors]
        rows = len(tensors) + sum(wide and number in origins for wide, (number, _) in zip(is_wide, tensors))
        tables = torch.zeros((rows, TABLE), dtype=kind, device=device)
        figures = []
        extra = len(tensors)
        for row, ((number, tensor), wide) in enumerate(zip(tensors, is_wide)):
            values = self._elements(tensor)
            origin, centred = origins.get(number, 0.0), None
            count(values, tables[row])
            if wide and origin:
                centred, extra = extra, extra + 1
                count_about(values, origin, tables[centred])
            if wide:
                figures.append(sum_up(values))
            self._counts.append(
                _Count(number, DTYPES[dtype_name(tensor)], origin, row, centred, len(figures) - 1 if wide else None)
            )
        return lane.to_host(tables), lane.to_host(torch.stack(figures)) if figures else None

    def _elements(self, tensor: torch.Tensor) -> torch.Tensor:
        """In one row. What this copies is there for as long as it is read."""
        flat = tensor.detach().contiguous().view(-1)
        return flat if self._divisor is None else flat / self._divisor.to(flat.device, flat.dtype, non_blocking=True)

    def _counted(self, one: _Count) -> Counted:
        assert self._tables is not None
        counts = self._tables[one.row].numpy()
        centred = None if one.centred is None else self._tables[one.centred].numpy()
        figures = None if one.figures is None or self._figures is None else self._figures[one.figures].numpy()
        digest = zlib.crc32(b"" if figures is None else figures[:EXACT].tobytes(), zlib.crc32(counts.tobytes()))
        return Counted(one.tensor, assembled(one.dtype, counts, figures, one.origin, centred), digest)
