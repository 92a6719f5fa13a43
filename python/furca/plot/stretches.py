"""The stretches of a run in which a tensor was forked, and why: what the tree and the timeline are coloured by."""

from __future__ import annotations

from typing import Iterator, NamedTuple, Sequence

from ..events import ForkEvent


class Stretch(NamedTuple):
    """From the look that shows it to the one that no longer does."""

    start: int
    end: int
    label: str | None
    surely: bool = True
    """False between the last look that was surely otherwise and the first that shows it."""


def stretches(events: Sequence[ForkEvent], last: int) -> Iterator[Stretch]:
    """Of one tensor, up to its last look, in order. A stretch ends where the label changes."""
    start: int | None = None
    label: str | None = None
    for event in events:
        is_forked = len(event.branches) > 1
        if start is None and is_forked:
            if event.onset.after is not None and event.onset.after < event.step:
                yield Stretch(event.onset.after, event.step, event.label, surely=False)
            start, label = event.step, event.label
        elif start is not None and not is_forked and event.branches:
            sure = max(start, min(event.step, event.onset.after if event.onset.after is not None else start))
            if sure > start:
                yield Stretch(start, sure, label)
            yield Stretch(sure, event.step, label, surely=False)
            start = None
        elif start is not None and event.label is not None and event.label != label:
            yield Stretch(start, event.step, label)
            start, label = event.step, event.label
    if start is not None:
        yield Stretch(start, max(last, start), label)


def label_at(found: Sequence[Stretch], step: int) -> str | None:
    """The label of the latest of the stretches that begin at or before a step; None before the first."""
    begun = [stretch.label for stretch in found if stretch.start <= step]
    return begun[-1] if begun else None
