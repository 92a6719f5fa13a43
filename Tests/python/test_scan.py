"""A series of checkpoints gives the run that watching at their steps gives.

Files are written by the safetensors package and by torch.save.
"""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch_file

import furca

DATA = Path(__file__).parent / "data" / "tiny-gpt.npz"

#: What must not differ in the last bit: everything but clocks and numbers of rows.
QUERIES = [
    "select * from stats order by tensor, step",
    "select step, tensor, sketch from sketches order by tensor, step",
    "select step, tensor, branch, position, mass, lower, upper from branches order by tensor, step, branch",
    "select step, onset_after, onset_by, tensor, kind, label, dip, p_value, branches, text from forks order by tensor, step, kind",
    "select name, dtype, shape, elements from tensors order by name",
]


def same(a: furca.Run, b: furca.Run) -> None:
    for query in QUERIES:
        left, right = a.sql(query), b.sql(query)
        assert len(left) == len(right) > 0, query
        assert [tuple(row) for row in left] == [tuple(row) for row in right], query


@pytest.fixture(scope="module")
def series() -> dict[int, dict[str, np.ndarray]]:
    """The tensors of a real run that are there at all of its 29 steps, by step."""
    with np.load(DATA) as data:
        names = [name for name in data.files if "@" not in name and len(data[f"{name}@steps"]) == 29]
        steps = data[f"{names[0]}@steps"].tolist()
        values = {name: data[name] for name in names}
    return {step: {name: values[name][look] for name in names} for look, step in enumerate(steps)}


@pytest.fixture(scope="module")
def live(series: dict[int, dict[str, np.ndarray]], tmp_path_factory: pytest.TempPathFactory) -> furca.Run:
    with furca.Session(tmp_path_factory.mktemp("live") / "live.furca") as session:
        for step, tensors in series.items():
            session.look(step, tensors)
    assert session.path is not None
    return furca.open(session.path)


def test_a_scan_is_the_live_run_to_the_last_bit(series: dict, live: furca.Run, tmp_path: Path) -> None:
    for step, tensors in series.items():
        save_file(tensors, tmp_path / f"step{step:06d}.safetensors", metadata={"step": str(step)})
    run = furca.scan(tmp_path, run=tmp_path / "scan.furca")
    same(run, live)
    assert {event.kind for event in run.forks()} >= {"split", "established", "merge"}


def test_a_folder_for_each_step_in_any_order(series: dict, live: furca.Run, tmp_path: Path) -> None:
    folders = []
    for step, tensors in reversed(series.items()):
        folders.append(tmp_path / f"checkpoint-{step}")
        folders[-1].mkdir()
        save_file(tensors, folders[-1] / "model.safetensors")
    same(furca.scan(folders, run=tmp_path / "scan.furca"), live)


def test_shards_with_an_index(series: dict, live: furca.Run, tmp_path: Path) -> None:
    for step, tensors in series.items():
        folder = tmp_path / f"step{step}"
        folder.mkdir()
        weight_map = {}
        for number in range(3):
            shard = f"model-{number + 1:05d}-of-00003.safetensors"
            names = sorted(tensors)[number::3]
            save_file({name: tensors[name] for name in names}, folder / shard)
            weight_map.update(dict.fromkeys(names, shard))
        (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    same(furca.scan(tmp_path, run=tmp_path / "scan.furca"), live)


@pytest.mark.parametrize("layout", ["bare", "nested", "sharded"])
def test_pickles_of_torch(series: dict, live: furca.Run, tmp_path: Path, layout: str) -> None:
    for step, arrays in series.items():
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        folder = tmp_path / f"step{step}"
        folder.mkdir()
        if layout == "sharded":
            names = sorted(tensors)
            for shard, part in (("a.bin", names[::2]), ("b.bin", names[1::2])):
                torch.save({name: tensors[name] for name in part}, folder / shard)
            weight_map = {name: "ab"[place % 2] + ".bin" for place, name in enumerate(names)}
            (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": weight_map}))
        else:
            content = tensors if layout == "bare" else {"model": tensors, "step": step, "optimizer": {"lr": 1e-3}}
            torch.save(content, folder / ("pytorch_model.bin" if layout == "bare" else "ckpt.pt"))
    same(furca.scan(tmp_path, run=tmp_path / "scan.furca"), live)


def test_every_dtype_is_read_as_torch_stores_it(tmp_path: Path) -> None:
    values = torch.randn(20_000, generator=torch.Generator().manual_seed(1))
    dtypes = [torch.float64, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2]
    tensors = {str(dtype): values.to(dtype) for dtype in dtypes} | {"int8": (values * 20).to(torch.int8)}
    save_torch_file(tensors | {"count": torch.arange(3)}, tmp_path / "step0.safetensors")
    run = furca.scan(tmp_path, run=tmp_path / "scan.furca", sketch_error=1 / 256)
    for name, tensor in tensors.items():
        assert run[name].sketch(step=0).to_bytes() == furca.Sketch(tensor).to_bytes(), name
    assert [(gap.name, "I64" in gap.reason) for gap in run.gaps] == [("count", True)]


def test_steps_that_the_names_do_not_tell(tmp_path: Path) -> None:
    for name in ("first", "second"):
        save_file({"w": np.arange(3, dtype=np.float32)}, tmp_path / f"{name}.safetensors")
    files = [tmp_path / "second.safetensors", tmp_path / "first.safetensors"]
    with pytest.raises(furca.errors.ArgumentError, match="second.safetensors has no step in its name"):
        furca.scan(files, run=tmp_path / "scan.furca")
    assert not (tmp_path / "scan.furca").exists()
    run = furca.scan(files, run=tmp_path / "scan.furca", steps=[7, 5])
    assert run["w"].steps.tolist() == [5, 7]


def test_damaged_files_are_named_and_what_came_before_is_kept(tmp_path: Path) -> None:
    for step in range(3):
        save_file({"w": np.arange(3, dtype=np.float32)}, tmp_path / f"step{step}.safetensors")
    damaged = tmp_path / "step2.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(furca.errors.FormatError, match="step2.safetensors .* cut short"):
        furca.scan(tmp_path, run=tmp_path / "scan.furca")
    assert furca.open(tmp_path / "scan.furca")["w"].steps.tolist() == [0, 1]


class Malicious:
    def __reduce__(self) -> tuple:
        return (print, ("pwned",))


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "step0.pt").write_bytes(pickle.dumps({"w": Malicious()}))
    with pytest.raises(furca.errors.FormatError, match="step0.pt cannot be loaded"):
        furca.scan(tmp_path / "step0.pt", run=tmp_path / "scan.furca")
    assert "pwned" not in capsys.readouterr().out


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(furca.errors.FileError, match="none"):
        furca.scan(tmp_path / "none", run=tmp_path / "scan.furca")
    with pytest.raises(furca.errors.ArgumentError, match="no model"):
        furca.scan(tmp_path, run=tmp_path / "scan.furca")
    with pytest.raises(furca.errors.ArgumentError):
        furca.scan([], run=tmp_path / "scan.furca")


def test_a_bar_on_a_terminal_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for step in range(3):
        save_file({"w": np.arange(3, dtype=np.float32)}, tmp_path / f"step{step}.safetensors")
    furca.scan(tmp_path, run=tmp_path / "a.furca")
    assert capsys.readouterr().err == ""
    furca.scan(tmp_path, run=tmp_path / "b.furca", progress=True)
    assert "2/3 step 2" in capsys.readouterr().err


@pytest.mark.parametrize("stop", [1, 4, 11, 20, 28])
def test_a_scan_goes_on_where_it_stopped(series: dict, live: furca.Run, tmp_path: Path, stop: int) -> None:
    for number, (step, tensors) in enumerate(series.items()):
        if number == stop:
            furca.scan(tmp_path / "ckpt", run=tmp_path / "scan.furca")
        (tmp_path / "ckpt").mkdir(exist_ok=True)
        save_file(tensors, tmp_path / "ckpt" / f"step{step}.safetensors")
    run = furca.scan(tmp_path / "ckpt", run=tmp_path / "scan.furca")
    assert run.path == str(tmp_path / "scan.furca")
    same(run, live)
    again = furca.scan(tmp_path / "ckpt", run=tmp_path / "scan.furca")
    same(again, live)


def test_what_comes_late_is_a_gap_and_another_run_is_left_alone(tmp_path: Path) -> None:
    for step in (0, 2):
        save_file({"w": np.arange(3, dtype=np.float32)}, tmp_path / f"step{step}.safetensors")
    furca.scan(tmp_path, run=tmp_path / "scan.furca")
    save_file({"w": np.arange(3, dtype=np.float32)}, tmp_path / "step1.safetensors")
    run = furca.scan(tmp_path, run=tmp_path / "scan.furca")
    assert run["w"].steps.tolist() == [0, 2] and "step1" in run.gaps[0].name
    with furca.Session(tmp_path / "other.furca") as session:
        session.look(0, {"w": np.arange(3, dtype=np.float32)})
    assert furca.scan(tmp_path, run=tmp_path / "other.furca").path == str(tmp_path / "other-2.furca")
