"""Reading a run file."""

from __future__ import annotations

import copy
import math
import pickle
import sqlite3
from pathlib import Path

import numpy as np
import pytest

import furca
from furca import errors


@pytest.fixture
def values(rng: np.random.Generator) -> list[np.ndarray]:
    return [(rng.standard_normal((20, 30)) + 0.1 * step).astype(np.float32) for step in range(6)]


@pytest.fixture
def path(values: list[np.ndarray], tmp_path: Path) -> Path:
    path = tmp_path / "a.furca"
    with furca.Session(path) as session:
        session.gap("v", "it is on the moon")
        session.register("frozen", "float64", (), frozen=True)
        for step, array in enumerate(values):
            session.look(10 * step, {"w": array, "b": array[0].astype(np.float64)})
            session.log(10 * step, "loss", 1 / (step + 1))
        session.log(5, "odd", math.nan)
        session.log(6, "odd", math.inf)
    return path


@pytest.fixture
def run(path: Path) -> furca.Run:
    return furca.open(path)


def test_tensors(run: furca.Run) -> None:
    assert run.tensors == list(run) == ["frozen", "w", "b"]
    w, frozen = run["w"], run["frozen"]
    assert (w.name, w.dtype, w.shape, w.frozen) == ("w", "float32", (20, 30), False)
    assert (frozen.dtype, frozen.shape, frozen.frozen) == ("float64", (), True)
    assert w.steps.tolist() == w.sketch_steps.tolist() == [0, 10, 20, 30, 40, 50]
    assert w.steps.dtype == np.int64 and frozen.steps.size == 0
    with pytest.raises(KeyError, match="has no tensor 'x'; run.tensors lists them"):
        run["x"]
    with pytest.raises(KeyError, match="has no tensor 'frosen'; did you mean 'frozen'?"):
        run["frosen"]


def test_history(run: furca.Run, values: list[np.ndarray]) -> None:
    w = run["w"]
    assert w.history("mean") == pytest.approx([v.mean(dtype=np.float64) for v in values], abs=1e-12)
    assert w.history("count").tolist() == [600] * 6 and w.history("count").dtype == np.float64
    for statistic in ("nan", "pos_inf", "neg_inf", "zeros", "subnormals", "min", "max", "std", "skewness", "kurtosis"):
        live = [getattr(furca.Sketch(v).stats, statistic) for v in values]
        assert w.history(statistic) == pytest.approx(live)
    assert w.history("dip") == pytest.approx([furca.Sketch(v).modes().dip for v in values])
    assert w.history("modes").tolist() == [1] * 6
    with pytest.raises(KeyError, match="no statistic 'size'; there are count"):
        w.history("size")
    with pytest.raises(KeyError, match="no statistic 'kurtoses'; did you mean 'kurtosis'"):
        w.history("kurtoses")
    with pytest.raises(KeyError):
        w.history("mean; drop table look")


def test_stats_and_sketches_of_a_step(run: furca.Run, values: list[np.ndarray]) -> None:
    w = run["w"]
    for step, look in ((0, 0), (10, 1), (19, 1), (50, 5), (10**9, 5), (None, 5)):
        assert w.sketch(step).step == w.stats(step).step == 10 * look
        assert w.sketch(step).to_bytes() == furca.Sketch(values[look]).to_bytes()
        assert w.quantile([0.1, 0.5], step).tolist() == furca.Sketch(values[look]).quantile([0.1, 0.5]).tolist()
        assert w.stats(step).mean == furca.Sketch(values[look]).stats.mean
        [branch] = w.branches(step)
        assert branch.mass == 1 and branch.position == np.quantile(values[look], 0.5, method="inverted_cdf")
    for ask in (w.sketch, w.stats, w.branches):
        with pytest.raises(errors.EmptyError, match="w has not been looked at at or before step -1"):
            ask(-1)
    with pytest.raises(errors.EmptyError, match="frozen has not been looked at"):
        run["frozen"].sketch()


def test_metrics(run: furca.Run) -> None:
    steps, losses = run.metrics["loss"]
    assert steps.tolist() == [0, 10, 20, 30, 40, 50] and losses[1] == 0.5
    assert list(run.metrics) == ["loss", "odd"] and len(run.metrics) == 2 and "loss" in run.metrics
    assert np.isnan(run.metrics["odd"].values[0]) and run.metrics["odd"].values[1] == math.inf
    with pytest.raises(KeyError, match="no 'accuracy' was logged in .*; run.metrics lists"):
        run.metrics["accuracy"]
    assert repr(run.metrics) == "Metrics(loss, odd)"
    assert repr(run.metrics["loss"]) == "Series(6 values, the last 0.166667 at step 50)"


def test_gaps_and_facts(run: furca.Run) -> None:
    assert run.gaps == [("v", "it is on the moon")]
    facts = run.facts
    assert facts["finished"] == "yes" and facts["alpha"] == "0.01" and facts["library_version"] == furca.__version__


def test_sql(run: furca.Run) -> None:
    [row] = run.sql("select name, elements from tensors where name = ?", "w")
    assert (row.name, row.elements) == ("w", 600)
    assert run.sql("select 1 where 0") == []
    given = (1, -(2**63), 2.5, "größe\0π", b"\0\1\2", b"", "", None, True, np.float32(0.5), np.int64(7))
    [row] = run.sql("select " + ", ".join("?" * len(given)), *given)
    assert tuple(row) == (1, -(2**63), 2.5, "größe\0π", b"\0\1\2", b"", "", None, 1, 0.5, 7)
    [row] = run.sql("select 1 as class, 2 as x, 3 as x, 4 as \"two words\"")
    assert tuple(row) == (1, 2, 3, 4)


def test_sql_that_is_refused(run: furca.Run) -> None:
    for statement, words in (
        ("select nonsense from stats", "no such column: nonsense"),
        ("selec 1", "syntax error"),
        ("delete from look", "for reading only"),
        ("create table t (x)", "for reading only"),
    ):
        with pytest.raises(errors.SQLError, match=words):
            run.sql(statement)
    with pytest.raises(errors.FurcaError):
        run.sql("")
    with pytest.raises(errors.FurcaError, match="parameter|value"):
        run.sql("select ?")
    with pytest.raises(errors.FurcaError):
        run.sql("select 1", 2)
    with pytest.raises(TypeError, match="a list cannot be a value in SQL"):
        run.sql("select ?", [1])
    with pytest.raises(errors.ArgumentError, match=f"a value in SQL is {2**63}"):
        run.sql("select ?", 2**63)
    assert run.sql("select 1 as one")[0].one == 1


def test_any_sqlite_reads_it(path: Path) -> None:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    assert connection.execute("select count(*) from stats").fetchone() == (12,)
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()


def test_pandas_takes_over_the_names(run: furca.Run) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(run.sql("select step, mean from stats where tensor = 'w' order by step"))
    assert list(frame.columns) == ["step", "mean"] and len(frame) == 6


def test_a_run_with_nothing_in_it(tmp_path: Path) -> None:
    furca.Session(tmp_path / "a.furca").close()
    run = furca.open(tmp_path / "a.furca")
    assert run.tensors == [] and run.forks() == [] and list(run.metrics) == [] and run.gaps == []


def test_it_closes(path: Path) -> None:
    with furca.open(str(path)) as run:
        assert repr(run) == f"Run({str(path)!r})"
        tensor = run["w"]
    assert repr(run) == f"Run({str(path)!r}, closed)"
    with pytest.raises(errors.HandleError):
        tensor.steps


def test_a_copy_opens_the_file_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    run = furca.open(path.name)
    for other in (pickle.loads(pickle.dumps(run)), copy.deepcopy(run)):
        assert other["w"].steps.tolist() == run["w"].steps.tolist()
        other.close()
    assert run.tensors


def test_what_is_no_run_file(tmp_path: Path, path: Path) -> None:
    with pytest.raises(errors.FileError, match="missing.furca"):
        furca.open(tmp_path / "missing.furca")
    with pytest.raises(errors.FurcaError, match=str(tmp_path)):
        furca.open(tmp_path)
    text = tmp_path / "notes.txt"
    text.write_text("not a database, " * 100)
    with pytest.raises(errors.FormatError, match="notes.txt"):
        furca.open(text)
    (tmp_path / "empty").touch()
    with pytest.raises(errors.FormatError, match="empty"):
        furca.open(tmp_path / "empty")
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("create table t (x)")
    connection.close()
    with pytest.raises(errors.FormatError, match="other.db"):
        furca.open(other)
    newer = tmp_path / "newer.furca"
    newer.write_bytes(path.read_bytes())
    connection = sqlite3.connect(newer)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(errors.VersionError, match="99"):
        furca.open(newer)


def test_a_damaged_file_is_an_error_and_no_crash(path: Path, tmp_path: Path, rng: np.random.Generator) -> None:
    data = path.read_bytes()
    for number in range(60):
        damaged = bytearray(data)
        if number % 3 == 0:
            del damaged[rng.integers(100, len(data)) :]
        else:
            for place in rng.integers(100 if number % 3 == 1 else 0, len(data), 200):
                damaged[place] = rng.integers(256)
        copy = tmp_path / f"{number}.furca"
        copy.write_bytes(damaged)
        try:
            with furca.open(copy) as run:
                for name in run.tensors:
                    run[name].history("mean"), run[name].sketch().modes(), run[name].branches()
                run.forks(), run.gaps, run.facts, dict(run.metrics)
        except (errors.FurcaError, ValueError):
            pass
