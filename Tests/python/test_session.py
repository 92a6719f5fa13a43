"""A session, used directly: registering, looking, asking, and every wrong use of it."""

from __future__ import annotations

import copy
import ctypes
import math
import os
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest

import furca
from furca import _abi, errors


def ones(n: int = 10) -> np.ndarray:
    return np.ones(n, np.float32)


def test_looks_and_questions(rng: np.random.Generator) -> None:
    with furca.Session() as session:
        for step in range(5):
            w = rng.standard_normal((30, 20)).astype(np.float32)
            b = rng.standard_normal(20)
            session.look(step, {"w": w, "b": b})
            stats = session.stats(session.find("w"))
            assert stats.step == step and stats.mean == pytest.approx(w.mean(dtype=np.float64))
            assert session.quantile(0, 0.5) == np.quantile(w, 0.5, method="inverted_cdf")
            assert session.sketch(1).to_bytes() == furca.Sketch(b).to_bytes()
            [branch] = session.branches(0)
            assert (branch.mass, branch.lower, branch.upper) == (1, w.min(), w.max())
        assert session.tensors == ["w", "b"]
        summary = session.summary()
        assert summary["looks"] == 5 and summary["tensors"] == 2 and summary["elements"] == 5 * 620
        assert summary["bytes"] == 5 * (600 * 4 + 20 * 8)
        assert 0 < summary["seconds_inside"] < summary["seconds_wall"]
    assert session.closed


def test_every_dtype_is_registered_as_what_it_is() -> None:
    from samples import DTYPES

    session = furca.Session()
    session.look(0, {name: np.ones(3, dtype) for name, dtype in DTYPES.items()})
    for name, dtype in DTYPES.items():
        with pytest.raises(errors.DTypeError, match=f'"{name}" was registered as {name} but arrives as float'):
            session.look(1, {name: np.ones(3, np.float64 if name == "float32" else np.float32)})


def test_a_nonfinite_value_is_an_event() -> None:
    session = furca.Session()
    session.look(0, {"w": ones()})
    bad = ones()
    bad[3] = np.nan
    session.look(1, {"w": bad})
    session.look(2, {"w": bad})
    [event] = [event for event in session.events() if event.kind == "nonfinite"]
    assert (event.tensor, event.step, event.onset) == ("w", 1, (0, 1))
    assert "w" in str(event) and "NaN" in str(event)


def test_unknown_names_and_numbers() -> None:
    session = furca.Session()
    with pytest.raises(KeyError, match="nothing.like.it"):
        session.find("nothing.like.it")
    for ask in (session.stats, session.branches, session.sketch, lambda tensor: session.quantile(tensor, 0.5)):
        with pytest.raises(errors.UnknownError, match="No tensor has the number 7: 0 are registered"):
            ask(7)
    buffers = (_abi.Buffer * 1)((ones().ctypes.data, 10, 7, _abi.FLOAT32))
    with pytest.raises(errors.UnknownError, match="7"):
        session.observe(0, buffers, 1)


def test_before_the_first_look() -> None:
    session = furca.Session()
    tensor = session.register("w", "float32", (3,))
    for ask in (session.stats, session.branches, session.sketch, lambda tensor: session.quantile(tensor, 0.5)):
        with pytest.raises(errors.EmptyError, match='"w" has not been observed'):
            ask(tensor)


def test_names() -> None:
    session = furca.Session()
    session.register("w", "float32", (3,))
    with pytest.raises(errors.DuplicateError, match='"w" is registered already'):
        session.register("w", "float64", (4,))
    with pytest.raises(errors.ArgumentError, match="must not be empty"):
        session.register("", "float32", (3,))
    assert session.register("größe.π", "float32", (3,)) == session.find("größe.π")
    for call in (
        lambda: session.register("x\0y", "float32", (3,)),
        lambda: session.find("x\0y"),
        lambda: session.log(0, "x\0y", 1.0),
        lambda: session.gap("x\0y", "of old"),
        lambda: furca.Session("x\0y"),
        lambda: furca.open("x\0y"),
    ):
        with pytest.raises(errors.ArgumentError, match=r"'x\\x00y' has a NUL character"):
            call()


def test_shapes_and_dtypes() -> None:
    session = furca.Session()
    with pytest.raises(errors.DTypeError, match="w is of dtype int16"):
        session.register("w", "int16", (3,))
    with pytest.raises(errors.ArgumentError, match='"w" has length -3 along axis 1'):
        session.register("w", "float32", (2, -3))
    with pytest.raises(errors.ArgumentError, match="rank 17"):
        session.register("w", "float32", (1,) * 17)
    with pytest.raises(errors.ArgumentError, match="more elements than can exist"):
        session.register("w", "float32", (2**40, 2**40))
    session.look(0, {"w": ones(10)})
    with pytest.raises(errors.ShapeError, match=r'"w" of shape \[10\] has 10 elements, but 11 arrive'):
        session.look(1, {"w": ones(11)})


def test_steps_go_up() -> None:
    session = furca.Session()
    session.look(5, {"w": ones()})
    with pytest.raises(errors.StepError, match=r"Step 4 comes after step 5.*rewind\(3\)"):
        session.look(4, {"w": ones()})
    with pytest.raises(errors.StepError, match='"w" was observed at step 5 already'):
        session.look(5, {"w": ones()})
    with pytest.raises(errors.StepError, match="-1 is negative"):
        session.look(-1, {"w": ones()})
    with pytest.raises(errors.StepError, match="-1"):
        session.log(-1, "loss", 1.0)
    session.rewind(3)
    session.look(4, {"w": ones()})
    assert session.stats(0).step == 4


def test_steps_are_whole_numbers_that_fit() -> None:
    session = furca.Session()
    session.look(np.int32(3), {"w": ones()})
    assert session.stats(0).step == 3
    for step in (2**63, -(2**64) + 5):
        with pytest.raises(errors.ArgumentError, match=f"the step is {step}"):
            session.look(step, {"w": ones()})
    for step in (4.0, "4", None):
        with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
            session.look(step, {"w": ones()})
    with pytest.raises(TypeError, match="look takes arrays by name, not a list"):
        session.look(4, [ones()])
    assert session.stats(0).step == 3


def test_what_lives_in_one_process_cannot_be_copied() -> None:
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="lives in one process"):
            copied(furca.Session()._handle)
    for copied in (copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="lives in one process"):
            copied(furca.Session())


def test_after_an_error_nothing_of_the_batch_was_seen() -> None:
    session = furca.Session()
    session.look(0, {"a": ones(), "b": ones()})
    with pytest.raises(errors.ShapeError):
        session.look(1, {"a": 2 * ones(), "b": ones(3)})
    assert session.stats(0).step == 0 and session.stats(0).mean == 1
    assert session.summary()["looks"] == 1


def test_a_null_pointer_or_a_tensor_twice() -> None:
    session = furca.Session()
    session.register("w", "float32", (5,))
    with pytest.raises(errors.ArgumentError, match='"w".*5 elements at a null pointer'):
        session.observe(0, (_abi.Buffer * 1)((None, 5, 0, _abi.FLOAT32)), 1)
    data = ones(5)
    twice = (_abi.Buffer * 2)((data.ctypes.data, 5, 0, _abi.FLOAT32), (data.ctypes.data, 5, 0, _abi.FLOAT32))
    with pytest.raises(errors.DuplicateError, match='"w" occurs twice'):
        session.observe(0, twice, 2)
    with pytest.raises(errors.ArgumentError, match="buffers is NULL but its count is 3"):
        session.observe(0, None, 3)
    session.observe(0, None, 0)


def test_a_closed_session_says_so(tmp_path: Path) -> None:
    session = furca.Session(tmp_path / "a.furca")
    session.look(0, {"w": ones()})
    session.close()
    session.close()
    calls = (
        lambda: session.look(1, {"w": ones()}),
        lambda: session.log(1, "loss", 1.0),
        lambda: session.register("v", "float32", (1,)),
        lambda: session.stats(0),
        session.events,
        session.report,
        session.summary,
        session.flush,
        lambda: session.rewind(0),
        lambda: session.due(1),
        lambda: session.gap("a", "b"),
        lambda: session.charge(1.0),
    )
    for call in calls:
        with pytest.raises(errors.HandleError, match="session is closed"):
            call()
    assert "closed" in repr(session)


def test_a_closed_sketch_or_run_says_so(tmp_path: Path) -> None:
    sketch = furca.Sketch(ones())
    sketch.close()
    sketch.close()
    with pytest.raises(errors.HandleError, match="sketch is closed"):
        sketch.stats
    with pytest.raises(errors.HandleError, match="sketch is closed"):
        furca.Sketch().merge(sketch)
    assert repr(sketch) == "Sketch(closed)"
    furca.Session(tmp_path / "a.furca").close()
    run = furca.open(tmp_path / "a.furca")
    run.close()
    run.close()
    with pytest.raises(errors.HandleError, match="run is closed"):
        run.tensors


def test_handles_of_another_kind_or_of_no_kind() -> None:
    sketch, session = furca.Sketch(), furca.Session()
    found = _abi.Stats()
    for handle in (1, 2**63, id(sketch), session._handle._as_parameter_):
        with pytest.raises(errors.HandleError, match="not a sketch"):
            _abi.library.furca_sketch_stats(handle, ctypes.byref(found))
    with pytest.raises(errors.ArgumentError, match="sketch is NULL"):
        _abi.library.furca_sketch_stats(None, ctypes.byref(found))
    with pytest.raises(errors.ArgumentError, match="stats is NULL"):
        _abi.library.furca_sketch_stats(sketch._handle, None)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"alpha": 0}, "alpha is 0.0"),
        ({"alpha": 1.5}, "alpha is 1.5"),
        ({"alpha": math.nan}, "alpha is nan"),
        ({"budget": -0.1}, "budget is -0.1"),
        ({"budget": 2}, "budget is 2.0"),
        ({"exact_limit": 20_001}, "20001"),
        ({"exact_limit": 2**32 + 1}, "exact_limit is 4294967297"),
        ({"always_until": 2**63}, "always_until is 9223372036854775808"),
    ],
)
def test_options_out_of_range(options: dict[str, float], words: str) -> None:
    with pytest.raises(errors.ArgumentError, match=words):
        furca.Session(**options)


def test_paths_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    for path in ("/proc/nothing/a.furca", file / "a.furca", tmp_path / ("x" * 300)):
        with pytest.raises(OSError) as caught:
            furca.Session(path)
        assert str(path) in str(caught.value) and isinstance(caught.value, errors.FileError)
    with pytest.raises(errors.ArgumentError, match="path of the run file is empty"):
        furca.Session("")


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.furca"
    for name in ("a.furca", "a-2.furca", "a-3.furca"):
        session = furca.Session(path)
        assert session.path == str(tmp_path / name)
        session.close()
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    assert furca.Session(path).path == str(tmp_path / "notes-2.txt")
    assert path.read_text() == "mine"


def test_the_budget(tmp_path: Path) -> None:
    session = furca.Session(tmp_path / "a.furca", budget=0.01, always_until=3)
    session.charge(1000.0)
    assert [session.due(step) for step in range(7)] == [True] * 4 + [False] * 3
    assert session.summary()["looks_left_out"] == 3
    assert "3 steps to stay within 1.0 % of wall time" in session.report()
    session.close()
    with furca.open(tmp_path / "a.furca") as run:
        assert [row.step for row in run.sql("select step from left_out order by step")] == [4, 5, 6]
    unlimited = furca.Session(budget=0)
    unlimited.charge(1e6)
    assert all(unlimited.due(step) for step in range(1000))
    for seconds in (-1.0, math.nan, math.inf):
        with pytest.raises(errors.ArgumentError, match="cannot be charged"):
            unlimited.charge(seconds)


def test_questions_from_other_threads_while_looking(rng: np.random.Generator) -> None:
    session = furca.Session()
    values = rng.standard_normal(300_000).astype(np.float32)
    session.look(0, {"w": values})
    done = threading.Event()
    problems: list[BaseException] = []

    def ask() -> None:
        try:
            while not done.is_set():
                stats = session.stats(0)
                # A step is seen whole or not at all.
                assert stats.mean == pytest.approx(stats.step + values.mean(), abs=1e-3)
                session.quantile(0, [0.1, 0.9])
                session.report()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for step in range(1, 40):
        session.look(step, {"w": values + np.float32(step)})
    done.set()
    for thread in threads:
        thread.join()
    assert not problems


def test_a_child_process_is_told_and_leaves_the_run_alone(tmp_path: Path) -> None:
    session = furca.Session(tmp_path / "a.furca")
    sketch = furca.Sketch(ones())
    session.look(0, {"w": ones()})
    child = os.fork()
    if child == 0:
        status = 1
        try:
            for call in (lambda: session.look(1, {"w": ones()}), lambda: session.stats(0), lambda: sketch.stats):
                try:
                    call()
                except errors.ForkedError as error:
                    assert "child" in str(error)
                else:
                    raise AssertionError("a child used what is its parent's")
            session.close()
            sketch.close()
            # What it makes itself it may use.
            assert furca.Sketch(ones(3)).stats.count == 3
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    session.look(1, {"w": ones()})
    session.close()
    assert furca.open(tmp_path / "a.furca")["w"].steps.tolist() == [0, 1]


def test_an_exempt_tensor_is_not_tested(rng: np.random.Generator) -> None:
    two = np.concatenate([rng.normal(-4, 1, 5000), rng.normal(4, 1, 5000)]).astype(np.float32)
    one = rng.standard_normal(10_000).astype(np.float32)
    with furca.Session() as session:
        free = session.register("free", "float32", (10_000,))
        session.exempt(free)
        for step, values in enumerate((one, two)):
            session.look(step, {"free": values, "tested": values})
        assert {event.tensor for event in session.events()} == {"tested"}
        [branch] = session.branches(free)
        assert (branch.lower, branch.upper, branch.mass) == (two.min(), two.max(), 1.0)
        two[7] = np.nan
        for step in (2, 3):
            session.look(step, {"free": two})
        assert [(e.tensor, e.step) for e in session.events() if e.kind == "nonfinite"] == [("free", 2)]
        with pytest.raises(furca.errors.UnknownError, match="7"):
            session.exempt(7)


class TestDrift:
    """Another process's copy has come to differ: told by who compares them."""

    def test_an_event_and_its_line(self, tmp_path):
        heard = []
        with furca.Session(tmp_path / "a.furca", budget=0) as session:
            session.look(4, {"w": np.zeros(4, np.float32), "v": np.zeros(4, np.float32)})
            session.note_drift(1, process=3, others=2, after=None, by=4)
            session.note_drift(0, process=2, others=0, after=1, by=3)
            heard += session.events()
        assert [(e.kind, e.tensor, e.step, e.onset) for e in heard] == [("drift", "v", 4, (None, 4)), ("drift", "w", 4, (1, 3))]
        assert str(heard[0]) == "v differs on process 3 at step 4, when it was first compared, and 2 more of its tensors do"
        assert str(heard[1]) == "w differs on process 2 at step 3, and was the same at step 1"
        with furca.open(tmp_path / "a.furca") as run:
            assert [str(event) for event in run.forks()] == [str(event) for event in heard]
            assert [event.kind for event in run.forks("w")] == ["drift"]
        with furca.Session(tmp_path / "a.furca", budget=0, resume=True) as session:
            session.register("w", "float32", (4,))
            session.register("v", "float32", (4,))
            assert [str(event) for event in session.events()] == [str(event) for event in heard]

    def test_what_cannot_be(self):
        with furca.Session(budget=0) as session:
            session.register("w", "float32", (4,))
            with pytest.raises(furca.errors.StepError, match="w cannot have drifted by step 3: nothing was looked at"):
                session.note_drift(0, process=1, others=0, after=None, by=3)
            session.look(4, {"w": np.zeros(4, np.float32)})
            with pytest.raises(furca.errors.StepError, match="by step 5: the last look was at 4"):
                session.note_drift(0, process=1, others=0, after=None, by=5)
            with pytest.raises(furca.errors.StepError, match="after step 4 and by step 4"):
                session.note_drift(0, process=1, others=0, after=4, by=4)
            with pytest.raises(furca.errors.UnknownError, match="number 7"):
                session.note_drift(7, process=1, others=0, after=None, by=4)
