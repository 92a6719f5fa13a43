"""Counts and sums of a tensor, made by torch where the tensor is, without waiting for the device.

Every number stays on the device, as a tensor: what torch is asked here never depends on a value. Counts are to the last one those
of the library's own pass; sums are in float64, about the mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

if TYPE_CHECKING:
    import torch

#: Entries of a table: the patterns of 16 bits.
TABLE = 65_536
#: Elements that are worked on at once: so many times some 40 bytes are needed on the device.
CHUNK = 1 << 22

#: What `sum_up` gives, in this order.
FIGURES = (
    "finite", "pos_inf", "neg_inf", "zeros", "low_bits", "min_key", "max_key", "checksum", "l1", "mean", "m2", "m3", "m4",
)
#: So many of them are whole numbers, the same whatever the order of the elements.
EXACT = 8

_INFINITY = 0x7F80_0000
_LARGEST, _SMALLEST = 0x7FFF_FFFF, -0x8000_0000


def count(values: torch.Tensor, table: torch.Tensor) -> None:
    """Adds to a table how many elements have each pattern: the upper 16 bits of float32's, the whole one of narrower dtypes."""
    for chunk in _chunks(values):
        _add(_patterns(chunk), table)


def count_about(values: torch.Tensor, origin: float, table: torch.Tensor) -> None:
    """Adds to a table how many elements of float32 have each code after the origin is subtracted."""
    import torch

    for chunk in _chunks(values):
        _add(code_of((chunk.double() - origin).view(torch.int64)), table)


def sum_up(values: torch.Tensor) -> torch.Tensor:
    """Of float32 elements, `FIGURES` as one float64 tensor. All but the counts are of the finite elements."""
    import torch

    def number(value: float) -> torch.Tensor:
        return torch.full((), value, dtype=torch.float64, device=values.device)

    finite = positive = negative = zeros = number(0)
    low, least, most = number(0), number(_LARGEST), number(_SMALLEST)
    checksum = torch.zeros((), dtype=torch.int64, device=values.device)
    for chunk in _chunks(values):
        bits = chunk.view(torch.int32)
        magnitude = bits & _LARGEST
        outside = magnitude >= _INFINITY
        # An integer that is ordered as the values are, −0 before +0.
        key = bits ^ ((bits >> 31) & _LARGEST)
        finite = finite + (magnitude < _INFINITY).sum()
        positive = positive + (bits == _INFINITY).sum()
        negative = negative + (bits == _INFINITY + _SMALLEST).sum()
        zeros = zeros + (magnitude == 0).sum()
        checksum = checksum + bits.sum()
        low = torch.maximum(low, (bits & 0xFFFF).masked_fill(outside, 0).amax().double())
        least = torch.minimum(least, key.masked_fill(outside, _LARGEST).amin().double())
        most = torch.maximum(most, key.masked_fill(outside, _SMALLEST).amax().double())

    # About the smallest value first, so that a constant tensor's deviations are exactly zero.
    pilot = _value_of(least)
    shifted = absolute = number(0)
    for chunk in _chunks(values):
        wide, outside = _finite(chunk)
        shifted = shifted + (wide - pilot).masked_fill(outside, 0).sum()
        absolute = absolute + wide.abs().sum()
    count = finite.clamp(min=1)
    mean = pilot + shifted / count

    first = second = third = fourth = number(0)
    for chunk in _chunks(values):
        wide, outside = _finite(chunk)
        deviation = (wide - mean).masked_fill(outside, 0)
        square = deviation * deviation
        first = first + deviation.sum()
        second = second + square.sum()
        third = third + (square * deviation).sum()
        fourth = fourth + (square * square).sum()
    # What is left of the first sum is the mean's own rounding error.
    rest = first / count
    m2 = (second - rest * first).clamp(min=0)
    m3 = third - 3 * rest * second + 2 * rest * rest * first
    m4 = (fourth - 4 * rest * third + 6 * rest * rest * second - 3 * rest * rest * rest * first).clamp(min=0)
    checksum = (checksum & 0xFFFF_FFFF).double()
    return torch.stack([finite, positive, negative, zeros, low, least, most, checksum, absolute, mean + rest, m2, m3, m4])


def code_of(bits: torch.Tensor) -> torch.Tensor:
    """The codes of float64 patterns: of the finite ones cut off towards zero as the library's `Code.of` does, else 0x7FC0."""
    import torch

    sign = (bits >> 48) & 0x8000
    magnitude = bits & 0x7FFF_FFFF_FFFF_FFFF
    upper = magnitude >> 45
    rebias = (1023 - 127) << 7
    # float32's subnormals: the mantissa with its leading one, shifted down by what the exponent lacks.
    shift = (rebias >> 7) + 1 - (upper >> 7)
    subnormal = (0x80 | (upper & 0x7F)) >> shift.clamp(0, 8)
    code = sign | torch.where(upper >= rebias + 128, (upper - rebias).clamp(max=0x7F7F), subnormal)
    return code.masked_fill(magnitude >= 0x7FF0_0000_0000_0000, 0x7FC0)


def _chunks(values: torch.Tensor) -> Iterator[torch.Tensor]:
    flat = values.reshape(-1)
    for start in range(0, flat.numel(), CHUNK):
        yield flat[start : start + CHUNK]


def _patterns(chunk: torch.Tensor) -> torch.Tensor:
    import torch

    size = chunk.element_size()
    if size == 1:
        return chunk.view(torch.uint8).long()
    if size == 2:
        return chunk.view(torch.int16).long() & 0xFFFF
    return (chunk.view(torch.int32) >> 16).long() & 0xFFFF


def _add(places: torch.Tensor, table: torch.Tensor) -> None:
    # Not bincount, which waits for the device to learn the largest place.
    table.scatter_add_(0, places, table.new_ones(()).expand(places.shape))


def _finite(chunk: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The elements in float64, zero in the place of those that are not finite, and which these are."""
    import torch

    outside = (chunk.view(torch.int32) & _LARGEST) >= _INFINITY
    return chunk.masked_fill(outside, 0).double(), outside


def _value_of(key: torch.Tensor) -> torch.Tensor:
    """The float64 value of a float32's order key; 0 if there was none."""
    import torch

    whole = key.to(torch.int64)
    bits = (whole ^ ((whole >> 63) & _LARGEST)).masked_fill(whole == _LARGEST, 0).to(torch.int32)
    return bits.view(torch.float32).double()
