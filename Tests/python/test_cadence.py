"""`every`: which steps are looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import training

import furca
from furca.watching.cadence import cadence


def seen(tmp_path: Path, every: object, steps: int) -> list[int]:
    net = training.model(width=4)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", budget=0, every=every) as scope:
        for _ in range(steps):
            training.step(net, optimizer)
    with furca.open(scope.path) as run:
        return [int(step) for step in run["0.weight"].steps]


def test_every_nth(tmp_path: Path) -> None:
    assert seen(tmp_path, 10, 45) == [*range(17), 20, 30, 40, 45], "the last step is seen too"


def test_logarithmic(tmp_path: Path) -> None:
    assert seen(tmp_path, "log", 140) == [*range(17), 32, 64, 128, 140]
    log = cadence("log")
    assert [step for step in range(17, 4001) if log(step)] == [32, 64, 128, 256, 512, 1000, 2000, 3000, 4000]


def test_a_function_of_the_step(tmp_path: Path) -> None:
    assert seen(tmp_path, lambda step: step in (3, 20, 33), 40) == [*range(17), 20, 33, 40]


def test_a_function_that_fails_ends_the_watch_and_not_the_training(tmp_path: Path, caplog) -> None:
    assert seen(tmp_path, lambda step: 1 // 0, 30) == [*range(17)]
    assert "division" in caplog.text


@pytest.mark.parametrize("every", [0, -1, 2.5, "sometimes", None, True, [1]])
def test_anything_else_is_refused(tmp_path: Path, every: object) -> None:
    with pytest.raises(furca.errors.ArgumentError, match="every is"):
        seen(tmp_path, every, 1)
    assert not list(tmp_path.iterdir())
