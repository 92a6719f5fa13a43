"""A run file as tables in other tools, and waiting for it."""

from __future__ import annotations

import csv
import math
import sqlite3
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import furca
from furca import errors

QUERY = "select tensor, step, mean, skewness from stats where tensor <> 'x' order by tensor, step"


@pytest.fixture
def path(rng: np.random.Generator, tmp_path: Path) -> Path:
    path = tmp_path / "a.furca"
    with furca.Session(path, budget=0) as session:
        for step in range(20):
            session.look(step, {"w": rng.standard_normal(100), "constant": np.ones(5, np.float32)})
            session.log(step, "loss", math.nan if step == 3 else 1 / (step + 1))
    return path


def same(rows: object, expected: list[tuple[object, ...]]) -> None:
    def plain(value: object) -> object:
        return None if isinstance(value, float) and math.isnan(value) else value

    assert [tuple(plain(value) for value in row) for row in rows] == expected


def test_the_same_sql_everywhere(path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    duckdb = pytest.importorskip("duckdb")
    with sqlite3.connect(path) as connection:
        expected = connection.execute(QUERY).fetchall()
        assert len(expected) == 40 and (None in expected[0])
        same(pandas.read_sql(QUERY, connection).astype(object).itertuples(index=False), expected)
    run = furca.open(path)
    same(run.sql(QUERY), expected)
    # DuckDB opens SQLite files by an extension that it downloads; a data frame named as the view needs none.
    stats = run.to_pandas()  # noqa: F841
    same(duckdb.sql(QUERY).fetchall(), expected)


def test_to_pandas(path: Path) -> None:
    pytest.importorskip("pandas")
    run = furca.open(path)
    frame = run.to_pandas()
    assert len(frame) == 40 and frame["step"].dtype == np.int64 and frame["mean"].dtype == np.float64
    w = frame[frame.tensor == "w"]
    assert np.array_equal(w["std"], run["w"].history("std"))
    assert frame[frame.tensor == "constant"]["skewness"].isna().all()
    assert run.to_pandas("metrics")["value"].isna().sum() == 1
    assert run.to_pandas("forks").empty
    with pytest.raises(errors.UnknownError, match="no view 'statz'.*stats"):
        run.to_pandas("statz")


def test_export(path: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    run = furca.open(path)
    run.export(tmp_path / "x.parquet")
    table = parquet.read_table(tmp_path / "x.parquet").to_pydict()
    assert table["tensor"] == ["constant"] * 20 + ["w"] * 20
    assert table["mean"][20:] == run["w"].history("mean").tolist()
    run.export(tmp_path / "x.csv", "metrics")
    with open(tmp_path / "x.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["value"] for row in rows] == ["" if step == 3 else repr(1 / (step + 1)) for step in range(20)]
    with pytest.raises(errors.ArgumentError, match="x.xlsx"):
        run.export(tmp_path / "x.xlsx")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.furca", "x.csv", "x.parquet"]


def test_wait(tmp_path: Path) -> None:
    session = furca.Session(tmp_path / "a.furca", budget=0)
    session.look(0, {"w": np.ones(3)})
    session.flush()
    run = furca.open(tmp_path / "a.furca")
    assert run.wait(0) and not run.wait(1, timeout=0.05) and not run.finished

    def go_on() -> None:
        time.sleep(0.2)
        session.look(5, {"w": np.ones(3)})

    thread = threading.Thread(target=go_on)
    thread.start()
    assert run.wait(4, timeout=30) and run.last_step == 5
    thread.join()
    session.close()
    assert not run.wait(6) and run.finished
