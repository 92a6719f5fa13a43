"""A run file survives its writer, other programs, and those who take it away; a run goes on where it was."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Callable, Iterator

import numpy as np
import pytest
import torch

import furca
from furca import errors

TRAINER = """
    import sqlite3, sys, time
    import numpy as np
    import furca

    path, foreign = sys.argv[1], sys.argv[2] == "foreign"
    session = furca.Session(path, budget=0)
    values = np.random.default_rng(0).normal(size=5000).astype(np.float32)
    for step in range(100_000):
        values += np.float32(0.001)
        session.look(step, {"w": values})
        print(step, time.monotonic(), flush=True)
        if foreign and step % 7 == 6:
            # Python's own copy of SQLite, in the process that writes.
            connection = sqlite3.connect(path)
            connection.execute("select count(*) from stats").fetchone()
            connection.close()
        time.sleep(0.005)
"""

POLLER = """
    import sqlite3, sys, time
    while True:
        connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
        connection.execute("select max(step) from stats").fetchone()
        connection.close()
        time.sleep(0.003)
"""


def start(script: str, *arguments: object, **details: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)], text=True, **details)


NAIVE = f"import runpy; runpy.run_path({str(Path(__file__).with_name('naive_writer.py'))!r}, run_name='__main__')"


def killed(path: Path, *, foreign: bool, seconds: float, script: str = TRAINER) -> tuple[int, list[int]]:
    """The last step that was looked at a second before a trainer was killed, and the steps in its run file."""
    trainer = start(script, path, "foreign" if foreign else "alone", stdout=subprocess.PIPE)
    assert trainer.stdout is not None
    if (first := trainer.stdout.readline()).startswith("none"):
        pytest.skip(first.partition(" ")[2].strip())
    poller = start(POLLER, path, stderr=subprocess.DEVNULL) if foreign else None
    time.sleep(seconds)
    moment = time.monotonic()
    trainer.send_signal(signal.SIGKILL)
    said = [line.split() for line in trainer.stdout.read().splitlines() if len(line.split()) == 2]
    trainer.wait()
    if poller:
        poller.kill()
        poller.wait()
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        steps = [step for (step,) in connection.execute("select step from stats order by step")]
    return max(int(step) for step, when in said if float(when) < moment - 1), steps


@pytest.mark.parametrize("foreign", [False, True], ids=["alone", "with another SQLite in the process"])
def test_a_killed_trainer_loses_no_more_than_a_second(tmp_path: Path, foreign: bool) -> None:
    last, steps = killed(tmp_path / "a.furca", foreign=foreign, seconds=2)
    assert last > 10
    assert steps == list(range(len(steps))) and len(steps) > last


def test_a_naive_writer_beside_another_sqlite_loses_what_it_wrote(tmp_path: Path) -> None:
    # The test above can fail: so would whoever wrote with ordinary locks and never looked whether the log is still there.
    for attempt in range(5):
        last, steps = killed(tmp_path / f"{attempt}.db", foreign=True, seconds=1.5, script=NAIVE)
        if len(steps) < last:
            return
    pytest.fail("a naive writer lost nothing: the test of the library's shows nothing")


@pytest.fixture
def set_immutable() -> Iterator[Callable[[bool, list[str]], None]]:
    """Sets and takes away the attribute for which nobody, root included, may write a file; skips where that is not permitted."""
    fixed: set[str] = set()

    def change(is_immutable: bool, paths: list[str]) -> None:
        fixed.update(paths)
        try:
            done = subprocess.run(["chattr", "+i" if is_immutable else "-i", *paths], capture_output=True, text=True)
        except FileNotFoundError:
            pytest.skip("there is no chattr")
        if done.returncode != 0:
            pytest.skip(f"files cannot be made immutable here: {done.stderr.strip()}")

    yield change
    subprocess.run(["chattr", "-i", *(path for path in fixed if os.path.exists(path))], capture_output=True)


@pytest.mark.parametrize("suffixes", [["", "-wal", "-shm"], [""], ["-wal"], ["-shm"]], ids=["all", "file", "log", "index"])
def test_a_file_that_becomes_read_only_is_told_of_and_then_caught_up(
    tmp_path: Path, set_immutable: Callable[[bool, list[str]], None], suffixes: list[str]
) -> None:
    path = tmp_path / "a.furca"
    values = np.arange(5000, dtype=np.float32)
    with furca.Session(path, budget=0) as session:
        for step in range(10):
            session.look(step, {"w": values + step})
        session.flush()
        set_immutable(True, [f"{path}{suffix}" for suffix in suffixes])
        for step in range(10, 20):
            session.look(step, {"w": values + step})
        with pytest.raises(errors.FileError, match="read-only now"):
            session.flush()
        assert session.problems()[0] == 1 and session.problems()[1] in session.report()
        assert len(furca.open(path)["w"].steps) == 10
        set_immutable(False, [f"{path}{suffix}" for suffix in suffixes])
        session.flush()
        assert session.problems()[0] == 1
    assert furca.open(path)["w"].steps.tolist() == list(range(20))
    assert [file.name for file in tmp_path.iterdir()] == ["a.furca"]


def test_a_run_whose_file_stays_read_only_ends_with_what_was_written(
    tmp_path: Path, set_immutable: Callable[[bool, list[str]], None]
) -> None:
    path = tmp_path / "a.furca"
    values = np.arange(5000, dtype=np.float32)
    session = furca.Session(path, budget=0)
    for step in range(10):
        session.look(step, {"w": values + step})
    session.flush()
    files = [f"{path}{suffix}" for suffix in ("", "-wal", "-shm")]
    set_immutable(True, files)
    session.look(10, {"w": values})
    with pytest.raises(errors.FileError, match=r"\d+ records are missing.*read-only now"):
        session.close()
    set_immutable(False, files)
    assert furca.open(path)["w"].steps.tolist() == list(range(10))
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("gone", ["directory", "log", "file"])
def test_what_is_taken_away_is_written_anew_and_told_once(tmp_path: Path, gone: str) -> None:
    path = tmp_path / "runs" / "a.furca"
    session = furca.Session(path, budget=0)
    values = np.arange(5000, dtype=np.float32)
    for step in range(10):
        session.look(step, {"w": values + step})
    session.flush()
    if gone == "directory":
        shutil.rmtree(path.parent)
    else:
        os.unlink(f"{path}-wal" if gone == "log" else path)
    deadline = time.monotonic() + 10
    while session.problems()[0] == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    for step in range(10, 20):
        session.look(step, {"w": values + step})
        time.sleep(0.02)
    count, text = session.problems()
    assert count == 1 and str(path) in text and "written anew" in text
    assert text in session.report()
    session.close()
    assert [file.name for file in path.parent.iterdir()] == ["a.furca"]
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert connection.execute("select step from stats order by step").fetchall() == [(step,) for step in range(20)]


def test_a_watched_training_is_told_in_the_log_and_the_report(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    model = torch.nn.Linear(4, 4)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    path = tmp_path / "runs" / "a.furca"
    scope = furca.watch(model, optimizer, run=path, budget=0)
    scope.session.flush()
    shutil.rmtree(path.parent)
    with caplog.at_level(logging.WARNING, "furca"):
        for _ in range(30):
            model(torch.ones(4)).sum().backward()
            optimizer.step()
            time.sleep(0.05)
        scope.close()
    assert len([record for record in caplog.records if "written anew" in record.getMessage()]) == 1
    assert "written anew" in capsys.readouterr().out
    assert furca.open(path).last_step == 30


def test_a_run_is_resumed(tmp_path: Path) -> None:
    path = tmp_path / "a.furca"
    values = np.arange(6000, dtype=np.float32)
    with furca.Session(path, budget=0, alpha=0.03) as session:
        for step in range(10):
            session.look(step, {"w": values + step, "v": values[:7]})
            session.log(step, "loss", step)
    with furca.Session(path, budget=0, resume=True) as session:
        assert session.path == str(path)
        with pytest.raises(errors.StepError):
            session.look(9, {"w": values})
        session.look(10, {"w": values, "new": values})
        session.rewind(7)
        session.look(8, {"w": values - 1})
    run = furca.open(path)
    assert run.tensors == ["w", "v", "new"] and run.facts["alpha"] == "0.03" and run.facts["resumed"] == "1"
    assert run["w"].steps.tolist() == [*range(8), 8] and run["v"].steps.tolist() == list(range(8))
    assert run["w"].stats(8).min == -1
    old = run.sql("select step, tensor, min from superseded_stats order by step, tensor")
    assert old == [(8, "v", 0), (8, "w", 8), (9, "v", 0), (9, "w", 9), (10, "new", 0), (10, "w", 0)]
    # The chance of a false alarm is spent over the looks of both.
    assert run.sql("select looks from progress where tensor = 0")[0].looks == 12
    with furca.Session(path, resume=True) as session:
        with pytest.raises(errors.ShapeError, match="w.*begin another run file"):
            session.register("w", "float32", (5,))


def test_a_resumed_watch_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    model = torch.nn.Linear(4, 4)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def train(steps: int, **options: object) -> None:
        with furca.watch(model, optimizer, run=tmp_path / "a.furca", budget=0, resume=True, **options):
            for _ in range(steps):
                model(torch.ones(4)).sum().backward()
                optimizer.step()

    train(10)
    train(3)
    assert furca.open(tmp_path / "a.furca").last_step == 13
    train(2, step=11)
    run = furca.open(tmp_path / "a.furca")
    assert run.last_step == 13 and run["weight"].steps.tolist() == list(range(14))
    assert len(run.sql("select * from rewinds")) == 1


def test_a_file_has_one_writer(tmp_path: Path) -> None:
    with furca.Session(tmp_path / "a.furca"):
        with pytest.raises(errors.FileError, match="being written"):
            furca.Session(tmp_path / "a.furca", resume=True)


def test_a_long_run_stays_below_its_size(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "a.furca"
    limit = 2 << 20
    values = rng.standard_normal(2000).astype(np.float32)
    largest = 0
    with furca.Session(path, budget=0, max_size=limit) as session:
        for step in range(1500):
            session.look(step, {f"w{i}": values for i in range(10)})
            session.log(step, "loss", 1 / (step + 1))
            if step % 50 == 0:
                session.flush()
                largest = max(largest, path.stat().st_size)
    assert max(largest, path.stat().st_size) <= limit
    run = furca.open(path)
    assert int(run.facts["thinning_level"]) > 0 and run.last_step == 1499
    kept = run["w3"].sketch_steps
    assert kept[0] == 0 and kept[-1] == 1499 and 20 < len(kept) < 300
    assert run.sql("pragma integrity_check")[0][0] == "ok"


def test_a_million_gaussian_weights_take_four_kilobytes(tmp_path: Path, rng: np.random.Generator) -> None:
    values = (rng.standard_normal(1_000_000) * 0.02).astype(np.float32)
    exact = np.quantile(values, q := np.linspace(0.001, 0.999, 999), method="inverted_cdf")
    sizes = {}
    for error in (1 / 64, 1 / 256):
        path = tmp_path / f"{error}.furca"
        with furca.Session(path, sketch_error=error) as session:
            session.look(0, {"w": values})
        run = furca.open(path)
        sizes[error] = run.sql("select length(sketch) as bytes from sketches")[0].bytes
        assert np.all(np.abs(run["w"].quantile(q) - exact) <= error * np.abs(exact))
    assert sizes[1 / 64] <= 4096 and sizes[1 / 256] <= 8192, sizes


@pytest.mark.parametrize(
    "options, words", [({"max_size": 5}, "max_size is 5"), ({"sketch_error": 0.5}, "sketch_error is 0.5")]
)
def test_impossible_options_are_named(tmp_path: Path, options: dict[str, float], words: str) -> None:
    with pytest.raises(errors.ArgumentError, match=words):
        furca.Session(tmp_path / "a.furca", **options)
