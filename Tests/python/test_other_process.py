"""Another process reads a run while it goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np

import furca

READER = """
    import json, sys, time
    import furca
    path = sys.argv[1]
    seen = []
    run = furca.open(path)
    while True:
        state = dict(run.sql("select key, value from facts"))
        tensors = run.tensors
        if "w" in tensors and run["w"].steps.size:
            w = run["w"]
            sketch = w.sketch()
            # What is read at one moment belongs together.
            assert sketch.stats.mean == w.stats(sketch.step).mean
            assert abs(w.quantile(.5, sketch.step) - sketch.step) < .2 + sketch.step / 64
            seen.append((int(w.steps[-1]), len(run.forks()), tensors))
        if state["finished"] == "yes":
            break
        time.sleep(.02)
    steps = run["w"].steps.tolist()
    forks = [(fork.step, fork.tensor, fork.kind) for fork in run.forks()]
    print(json.dumps([seen, steps, forks, run.metrics["loss"].values.tolist()]))
"""


def test_reading_while_it_trains(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "a.furca"
    session = furca.Session(path)
    reader = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(READER), str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    noise = rng.standard_normal(6_000).astype(np.float32)
    bias = np.zeros(256, np.float32)
    sides = np.where(np.arange(256) % 2, 1, -1).astype(np.float32)
    for step in range(60):
        session.look(step, {"w": noise + np.float32(step), "bias": bias})
        session.log(step, "loss", 1.0 / (step + 1))
        bias = sides + 0.01 * rng.standard_normal(256).astype(np.float32)
        time.sleep(0.03)
    session.close()
    output, trouble = reader.communicate(timeout=30)
    assert reader.returncode == 0, trouble
    seen, steps, forks, losses = json.loads(output)
    assert steps == list(range(60)) and losses == [1.0 / (step + 1) for step in range(60)]
    # It was seen to grow.
    last_steps = [step for step, _, _ in seen]
    assert last_steps == sorted(last_steps) and len(set(last_steps)) >= 3 and last_steps[0] < 59
    assert seen[0][2] == ["w", "bias"]
    # And the fork of the bias was seen before the end.
    assert [1, "bias", "split"] in forks
    assert any(count for step, count, _ in seen if step < 59)
    assert not list(tmp_path.glob("*-wal"))


def test_what_is_seen_is_there_within_half_a_second(tmp_path: Path) -> None:
    session = furca.Session(tmp_path / "a.furca")
    with furca.open(tmp_path / "a.furca") as run:
        session.look(0, {"w": np.ones(10, np.float32)})
        began = time.monotonic()
        while "w" not in run.tensors or not run["w"].steps.size:
            assert time.monotonic() - began < 2  # Half a second, and the patience that a busy machine needs.
            time.sleep(0.01)
    session.close()


def test_a_killed_writer_leaves_what_it_had_flushed(tmp_path: Path) -> None:
    path = tmp_path / "a.furca"
    script = f"""
        import os, signal
        import numpy as np, furca
        session = furca.Session({str(path)!r})
        for step in range(100):
            session.look(step, {{"w": np.full(10, step, np.float32)}})
        session.flush()
        session.look(100, {{"w": np.zeros(10, np.float32)}})
        os.kill(os.getpid(), signal.SIGKILL)
    """
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(script)])
    assert result.returncode == -9
    run = furca.open(path)
    steps = run["w"].steps.tolist()
    assert steps[:100] == list(range(100))
    assert run.facts["finished"] == "no"
    assert run["w"].history("mean")[:100].tolist() == list(range(100))


def test_reading_does_not_disturb_the_writer(tmp_path: Path) -> None:
    session = furca.Session(tmp_path / "a.furca")
    readers = [furca.open(tmp_path / "a.furca") for _ in range(3)]
    for step in range(200):
        session.look(step, {"w": np.full(10, step, np.float32)})
        if step % 20 == 0:
            session.flush()
            for run in readers:
                assert run["w"].steps.tolist() == list(range(step + 1))
    for run in readers[:-1]:
        run.close()
    session.close()
    assert readers[-1]["w"].steps.tolist() == list(range(200))
    assert os.listdir(tmp_path) and readers[-1].facts["finished"] == "yes"
