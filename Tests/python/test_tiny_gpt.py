"""The forks of a real run.

data/tiny-gpt.npz holds parameters of a GPT of 0.8 million parameters that AdamW trained on the text of Python's standard
library: the 34 that start constant at 29 steps from 0 to 4000, and two weight matrices at a few of them. Key "x" is
the values, the first axis being the look; "x@steps" says of which steps.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Iterator

import diptest
import numpy as np
import pytest

import furca

DATA = Path(__file__).parent / "data" / "tiny-gpt.npz"

Looks = dict[int, np.ndarray]


@pytest.fixture(scope="module")
def looks() -> dict[str, Looks]:
    """The values of each tensor by step."""
    with np.load(DATA) as data:
        return {
            name: dict(zip(data[f"{name}@steps"].tolist(), data[name])) for name in data.files if "@" not in name
        }


@pytest.fixture(scope="module")
def run(looks: dict[str, Looks], tmp_path_factory: pytest.TempPathFactory) -> Iterator[furca.Run]:
    """The run, observed look by look."""
    path = tmp_path_factory.mktemp("run") / "tiny-gpt.furca"
    with furca.Session(path) as session:
        for step in looks["lnf.bias"]:
            session.look(step, {name: values[step] for name, values in looks.items() if step in values})
    with furca.open(path) as run:
        yield run


def small(looks: dict[str, Looks]) -> list[str]:
    return [name for name, values in looks.items() if values[0].ndim == 1]


def test_what_starts_constant_splits_at_step_1_and_that_is_the_optimizers(run: furca.Run, looks: dict[str, Looks]) -> None:
    names = [name for name, values in looks.items() if np.ptp(values[0]) == 0]
    assert len(names) == 34
    for name in names:
        first = run.forks(name)[0]
        assert (first.kind, first.label, first.step, first.onset) == ("split", "optimizer", 1, (0, 1))
        assert first.p_value < 0.01 and len(first.branches) >= 2
        assert name in str(first) and "optimi" in str(first)


def test_the_last_bias_forks_and_stays_forked(run: furca.Run) -> None:
    events = run.forks("lnf.bias")
    assert events[-1].kind != "merge"
    assert [event.step for event in events if event.kind == "established"]
    branches = run["lnf.bias"].branches()
    assert len(branches) == 2
    assert branches[0].position < 0 < branches[1].position
    assert sum(branch.mass for branch in branches) == pytest.approx(1)


def test_a_bias_splits_and_has_merged_by_step_1500(run: furca.Run) -> None:
    events = run.forks("b.2.down.bias")
    assert [event.kind for event in events][0] == "split" and events[-1].kind == "merge"
    assert 256 <= events[-1].step <= 1500
    assert len(run["b.2.down.bias"].branches(step=256)) >= 2
    for step in (1500, 2048, 4000):
        assert len(run["b.2.down.bias"].branches(step)) == 1


def test_a_large_matrix_never_forks(run: furca.Run) -> None:
    assert run.forks("b.1.qkv.weight") == []
    assert run["b.1.qkv.weight"].history("modes").tolist() == [1] * 5


def test_no_split_is_learned_at_once(run: furca.Run) -> None:
    """Before 128 updates nothing can be told from what the optimizer does to a constant."""
    for event in run.forks():
        if event.label == "learned":
            assert event.step >= 128, str(event)


def test_every_event_is_within_its_onset(run: furca.Run) -> None:
    for event in run.forks():
        steps = run[event.tensor].steps
        before = steps[steps < event.step]
        assert event.onset.by == event.step and event.step in steps and event.onset.after in before
        # A fork may have begun before there were signs of it, and is held after its last until it is surely gone.
        assert event.onset.after == before.max() or event.kind in ("split", "merge", "death", "turn")


def test_splits_and_merges_alternate(run: furca.Run, looks: dict[str, Looks]) -> None:
    for name in looks:
        forked = False
        for event in run.forks(name):
            if event.kind == "split":
                assert len(event.branches) >= 2
                forked = True
            elif event.kind == "merge":
                assert forked and len(event.branches) == 1, str(event)
                forked = False
            elif event.kind == "established":
                assert forked
        assert (len(run[name].branches()) > 1) == forked


def test_the_dip_of_small_tensors_is_that_of_diptest(run: furca.Run, looks: dict[str, Looks]) -> None:
    for name in small(looks):
        ours = run[name].history("dip")
        theirs = [diptest.dipstat(values) for values in looks[name].values()]
        size = looks[name][0].size
        assert np.abs(ours - theirs).max() * math.sqrt(size) <= 1e-6


@pytest.mark.parametrize("name", ["h.weight", "b.1.qkv.weight"])
def test_the_dip_of_large_tensors_is_close(name: str, run: furca.Run, looks: dict[str, Looks]) -> None:
    ours = run[name].history("dip")
    theirs = [diptest.dipstat(values.ravel()) for values in looks[name].values()]
    assert np.abs(ours - theirs).max() <= 2.5e-4


def test_the_statistics_are_numpys(run: furca.Run, looks: dict[str, Looks]) -> None:
    for name, values in looks.items():
        tensor = run[name]
        assert tensor.steps.tolist() == list(values)
        exact = [look.astype(np.float64) for look in values.values()]
        spread = np.array([look.std() for look in exact])
        # Sums are added up in float32 lanes: see furca_stats.
        for statistic, tolerance in (("mean", 3e-8), ("std", 3e-8), ("min", 0), ("max", 0)):
            expected = np.array([getattr(look, statistic)() for look in exact])
            assert (abs(tensor.history(statistic) - expected) <= tolerance * spread + 1e-15).all(), (name, statistic)
