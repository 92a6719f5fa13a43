"""Forks as Python sees them, live and in the run file."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch

import furca

SIZE = 600


@pytest.fixture
def noise(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(SIZE)


@pytest.fixture
def sides(rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(np.repeat([-1, 1], SIZE // 2))


def pitchfork(session: furca.Session, noise: np.ndarray, sides: np.ndarray) -> None:
    """Unimodal at steps 0 to 1000, two branches at ±4 at 1100 to 2000, unimodal again from 2100 on."""
    for step in range(0, 3001, 100):
        apart = 4.0 if 1000 < step <= 2000 else 0.0
        drifting = (1 + 1e-5 * step) * noise
        session.look(step, {"w": (drifting + apart * sides).astype(np.float32), "still": noise})


def test_a_split_and_a_merge(noise: np.ndarray, sides: np.ndarray) -> None:
    session = furca.Session()
    pitchfork(session, noise, sides)
    split, merge = session.events()
    assert (split.tensor, split.kind, split.step, split.onset) == ("w", "split", 1100, (1000, 1100))
    assert split.label == "learned"
    assert 0 <= split.p_value < 1e-6 and 0.1 < split.dip <= 0.25
    assert [branch.position for branch in split.branches] == pytest.approx([-4, 4], abs=0.2)
    assert [branch.mass for branch in split.branches] == pytest.approx([0.5, 0.5], abs=0.02)
    assert (merge.kind, merge.step, merge.onset, len(merge.branches)) == ("merge", 2100, (2000, 2100), 1)
    for event in (split, merge):
        line = str(event)
        assert "\n" not in line and "w" in line and f"{event.step:,}".replace(",", "") in line.replace(",", "")
    assert session.events(start=1) == [merge]


def test_what_stands_still_after_moving_is_told(noise: np.ndarray) -> None:
    session = furca.Session()
    for step in range(0, 1100, 100):
        session.look(step, {"w": noise * (1 if step == 0 else 2)})
    [still] = session.events()
    assert (still.tensor, still.kind, still.label, still.onset) == ("w", "frozen", None, (100, 900))


def test_branches_now(noise: np.ndarray, sides: np.ndarray) -> None:
    session = furca.Session()
    session.look(0, {"w": noise.astype(np.float32)})
    assert len(session.branches(0)) == 1
    session.look(1000, {"w": (noise + 4 * sides).astype(np.float32)})
    low, high = session.branches(0)
    assert low.upper == high.lower and low.position < low.upper < high.position


def test_the_run_file_has_the_same_forks(noise: np.ndarray, sides: np.ndarray, tmp_path: Path) -> None:
    with furca.Session(tmp_path / "a.furca") as session:
        pitchfork(session, noise, sides)
        live = session.events()
    run = furca.open(tmp_path / "a.furca")
    assert run.forks() == live and run.forks("w") == live and run.forks("still") == []
    assert len(run["w"].branches(1500)) == 2 and len(run["w"].branches(500)) == len(run["w"].branches()) == 1
    modes = run["w"].history("modes")
    assert modes[run["w"].steps == 1500] == 2 and modes[0] == modes[-1] == 1


def test_the_optimizers_first_step_is_not_learned_until_it_lasts(rng: np.random.Generator) -> None:
    """Adam's first update moves every value of a constant by the learning rate, up or down."""
    session = furca.Session()
    parameters = {"passes": np.zeros(SIZE), "stays": np.ones(SIZE)}
    sides = rng.choice([-1, 1], SIZE)
    for step in range(0, 301):
        session.look(step, {name: values.astype(np.float32) for name, values in parameters.items()})
        parameters["passes"] = 1e-3 * sides * (step < 20) + 3e-3 * rng.standard_normal(SIZE) * (step >= 20)
        parameters["stays"] = 1 + 1e-3 * sides * (step + 1) + 1e-4 * rng.standard_normal(SIZE)
    events = {name: [event for event in session.events() if event.tensor == name] for name in parameters}
    for name, found in events.items():
        assert (found[0].kind, found[0].label, found[0].step) == ("split", "optimizer", 1), name
    assert [event.kind for event in events["passes"]] == ["split", "merge"]
    assert [event.kind for event in events["stays"]] == ["split", "established"]
    established = events["stays"][1]
    assert established.label == "learned" and 128 <= established.step <= 140


def test_nothing_is_said_of_what_is_unimodal(rng: np.random.Generator) -> None:
    session = furca.Session()
    for step in range(0, 2000, 50):
        laws = {
            "gaussian": rng.standard_normal(3_000),
            "student": rng.standard_t(2, 3_000),
            "uniform": rng.random(3_000),
            "lognormal": np.exp(rng.standard_normal(3_000)),
            "half zeros": np.where(rng.random(3_000) < 0.5, 0, rng.standard_normal(3_000)),
            "scale mixture": rng.standard_normal(3_000) * rng.choice([1, 30], 3_000),
            "large": rng.standard_normal(30_000),
            "bias that stays": np.zeros(300),
            "gain that stays": np.ones(300),
            "few": rng.standard_normal(10),
            "narrow": (0.02 * rng.standard_normal(20_000)).astype(np.float16),
        }
        session.look(step, {name: v if v.dtype == np.float16 else v.astype(np.float32) for name, v in laws.items()})
    assert session.events() == []


def test_live_and_new_forks_of_a_watched_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(8, 256), torch.nn.LayerNorm(256), torch.nn.Linear(256, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca", verbose=True)
    assert scope.forks() == scope.new_forks() == []
    torch.manual_seed(0)
    inputs = torch.randn(64, 8)
    for _ in range(3):
        optimizer.zero_grad()
        (model(inputs) - inputs[:, :1].sin()).square().mean().backward()
        optimizer.step()
    new = scope.new_forks()
    assert {event.tensor for event in new if event.label == "optimizer"} == {"1.weight", "1.bias"}
    assert scope.new_forks() == [] and scope.forks() == new == scope.run.forks()
    printed = re.findall(r"^furca: (.*)$", capsys.readouterr().out, flags=re.MULTILINE)
    assert printed == [str(event) for event in new]
    scope.close()
    report = capsys.readouterr().out
    assert "2 splits (2 by the optimiser's first steps)" in report and "Forked now: 2 tensors" in report
    assert scope.forks() == new
