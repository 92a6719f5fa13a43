"""One run of the files that several ranks have written of their shards."""

from __future__ import annotations

import os
from glob import glob
from pathlib import Path
from typing import Iterable, Sequence, Union

from ..errors import ArgumentError
from ..run import Run
from ..session import Session
from ..sketch import Sketch

Paths = Union[str, os.PathLike[str], Iterable[Union[str, os.PathLike[str]]]]


def merge(files: Paths, run: Union[str, os.PathLike[str]], *, alpha: float = 0.01) -> Run:
    """Merges the run files of all ranks into one, in which each tensor is whole again: with the counts that one process would have
    had, and the forks of the whole tensors.

    files: paths, or a pattern such as "runs/a.rank*.furca".
    run: the file to write. If it exists, a numbered sibling is made.
    alpha: the chance that the merged run reports any fork that is not there.

    A tensor is merged at the steps at which all files that have it kept its distribution. Shards have no common order of
    elements, so the shape of a merged tensor is its number of elements. Metrics are those of the first file.
    """
    paths = _paths(files)
    runs = [Run(path) for path in paths]
    holders: dict[str, list[Run]] = {}
    for one in runs:
        for name in one.tensors:
            if name in one.groups:
                continue  # Of ranks' own samples: there is no sample of the whole.
            holders.setdefault(name, []).append(one)
    if not holders:
        raise ArgumentError(f"there is no tensor in {', '.join(map(str, paths))}")
    steps = {name: _common_steps(name, having) for name, having in holders.items()}

    with Session(run, alpha=alpha, budget=0, sketch_error=1 / 256) as session:
        numbers: dict[str, int] = {}
        for name, having in holders.items():
            elements = sum(_elements(one[name].shape) for one in having)
            first = having[0][name]
            numbers[name] = session.register(name, first.dtype, (elements,), frozen=first.frozen)
        for step in sorted(set().union(*steps.values())):
            batch = {numbers[name]: _merged(name, having, step) for name, having in holders.items() if step in steps[name]}
            session.look_at_sketches(step, batch)
        for name, series in runs[0].metrics.items():
            for step, value in zip(series.steps, series.values):
                session.log(int(step), name, float(value))
        for path, one in zip(paths, runs):
            for gap in one.gaps:
                session.gap(gap.name, f"{path.name}: {gap.reason}")
        for name in {name for one in runs for name in one.groups}:
            session.gap(name, "groups are judged on single elements, which merged shards do not have")
        for name, having in holders.items():
            if not steps[name]:
                session.gap(name, "its shards were never looked at at the same step")
        written = session.path
    for one in runs:
        one.close()
    return Run(written or run)


def _paths(files: Paths) -> Sequence[Path]:
    if isinstance(files, (str, os.PathLike)):
        found = sorted(glob(os.fspath(files)))
        if not found:
            raise ArgumentError(f"no file is named {os.fspath(files)}")
        return [Path(path) for path in found]
    paths = [Path(path) for path in files]
    if not paths:
        raise ArgumentError("there are no files to merge")
    return paths


def _common_steps(name: str, runs: Sequence[Run]) -> set[int]:
    kept = [set(map(int, run[name].sketch_steps)) for run in runs]
    return set.intersection(*kept)


def _merged(name: str, runs: Sequence[Run], step: int) -> Sketch:
    whole: Sketch = runs[0][name].sketch(step)
    for run in runs[1:]:
        whole.merge(run[name].sketch(step))
    return whole


def _elements(shape: Sequence[int]) -> int:
    product = 1
    for length in shape:
        product *= length
    return product
