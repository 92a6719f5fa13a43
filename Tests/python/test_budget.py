"""Looks that keep to a budget: steps left out, tensors that take turns, samples of large tensors; and what the run says of it."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

import furca
from furca import _abi
from furca._buffers import elements_of


def run_until(
    session: furca.Session, arrays: dict[str, np.ndarray], enough, *, budget_of_time: float = 60.0
) -> int:
    """Steps of about a millisecond, with a look whenever one is due, until `enough`; the last step."""
    elements = {name: elements_of(array) for name, array in arrays.items()}
    ids = {name: session.register(name, str(array.dtype), array.shape) for name, array in arrays.items()}
    buffers = (_abi.Buffer * len(arrays))(
        *(_abi.Buffer(e.address, e.count, ids[name], e.dtype) for name, e in elements.items())
    )
    began = time.monotonic()
    step = 0
    while not enough():
        if session.due(step):
            session.observe(step, buffers, len(buffers))
        assert time.monotonic() - began < budget_of_time, session.report()
        time.sleep(0.001)
        step += 1
    return step


def test_tensors_take_turns_when_a_look_at_all_would_be_a_long_pause(tmp_path: Path, rng: np.random.Generator) -> None:
    # Too small to be sampled, whatever they cost.
    arrays = {f"w{i}": rng.standard_normal(2_000_000, np.float32) for i in range(10)}
    with furca.Session(tmp_path / "a.furca", budget=0.25, always_until=2, threads=1) as session:
        run_until(session, arrays, lambda: session.summary()["looks_in_part"] >= 12)
        assert "tensors took turns" in session.report()
    with furca.open(tmp_path / "a.furca") as run:
        looks = run.sql("select step, tensors, offered from cost order by step")
        assert [look.tensors for look in looks[:3]] == [10, 10, 10]
        partial = [look for look in looks if look.tensors < look.offered]
        assert len(partial) >= 12 and all(look.offered == 10 for look in looks)
        # Each gets its turn: whoever has waited longest. Those of one look count as seen at once.
        last = dict.fromkeys(arrays, -1)
        for look in looks:
            turn = {row.tensor for row in run.sql("select tensor from stats where step = ?", look.step)}
            assert len(turn) == look.tensors
            waiting = [last[name] for name in arrays if name not in turn]
            assert not waiting or max(last[name] for name in turn) <= min(waiting)
            last.update(dict.fromkeys(turn, look.step))
        assert all(row.sampled == 1 for row in run.sql("select sampled from stats"))


def test_large_tensors_are_sampled_and_now_and_then_read_whole(tmp_path: Path, rng: np.random.Generator) -> None:
    # Rows of different scale, as in real matrices.
    large = (rng.standard_normal((1500, 16_384), np.float32) * rng.lognormal(0, 0.3, (1500, 1))).astype(np.float32)
    arrays = {"large": large, "small": rng.standard_normal(1000, np.float32)}
    with furca.Session(tmp_path / "a.furca", budget=0.25, always_until=2, threads=1) as session:
        large_id = 0

        def enough() -> bool:
            # A sample in the middle of things, after at least one whole pass among the samples.
            steps = session.summary()["looks_in_part"]
            return steps >= 20 and session.stats(large_id).sampled < 1

        run_until(session, arrays, enough)
        stats = session.stats(large_id)
        assert stats.count == pytest.approx(stats.sampled * large.size, abs=1)
        for said, error, truth in [
            (stats.mean, stats.mean_se, large.mean(dtype=np.float64)),
            (stats.std, stats.std_se, large.std(dtype=np.float64)),
        ]:
            assert 0 < error < 0.1
            assert abs(said - truth) < 6 * error
        assert stats.l2 == pytest.approx(np.linalg.norm(large.astype(np.float64)), rel=0.2)
        assert "blocks of large ones were sampled" in session.report()
    with furca.open(tmp_path / "a.furca") as run:
        sampled = run["large"].history("sampled")
        assert (sampled[:3] == 1).all()
        assert (sampled < 0.2).sum() >= 15 and (sampled[3:] == 1).sum() >= 1
        # Fork tests are of whole tensors only.
        tested = ~np.isnan(run["large"].history("dip"))
        # Of looks at all of it some may be left untested, where the budget says so.
        assert tested.any() and (sampled[tested] == 1).all()
        assert (np.isnan(run["large"].history("modes")) == ~tested).all()
        assert ((run["large"].history("std_se") > 0) == (sampled < 1)).all()
        assert (run["small"].history("sampled") == 1).all()


def test_what_is_left_out_is_said(tmp_path: Path, rng: np.random.Generator) -> None:
    arrays = {"w": rng.standard_normal(200_000, np.float32)}
    with furca.Session(tmp_path / "a.furca", budget=1e-6, always_until=2) as session:
        last = run_until(session, arrays, lambda: session.summary()["looks_left_out"] >= 20)
        assert session.planned(0) == 1
        report = session.report()
        assert "steps to stay within 0.0 % of wall time" in report
    with furca.open(tmp_path / "a.furca") as run:
        left_out = [row.step for row in run.sql("select step from left_out order by step")]
        assert left_out == list(range(3, last))
        assert list(run["w"].steps) == [0, 1, 2]


def test_a_step_that_nobody_asked_about_is_read_whole(tmp_path: Path, rng: np.random.Generator) -> None:
    with furca.Session(tmp_path / "a.furca", budget=1e-6) as session:
        for step in range(30):
            session.look(step, {"w": rng.standard_normal(10)})
        assert session.summary()["looks"] == 30
        assert session.stats(0).sampled == 1 and session.stats(0).mean_se == 0
