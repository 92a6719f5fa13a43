"""Single elements, followed from look to look: their values against numpy's indexing of the real ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import torch

import furca
from furca.errors import EmptyError, UnknownError

DTYPES = [np.float32, np.float64, np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, np.int8]


def same(found: np.ndarray, expected: np.ndarray) -> bool:
    """To the last bit, but for what is no number."""
    with np.errstate(over="ignore", invalid="ignore"):
        expected = expected.astype(np.float32)
    numbers = ~np.isnan(expected)
    return bool(
        (np.isnan(found) == ~numbers).all() and (found[numbers].view("u4") == expected[numbers].view("u4")).all()
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
def test_every_dtype(dtype: type, rng: np.random.Generator) -> None:
    size = np.dtype(dtype).itemsize
    hostile = rng.integers(0, 2 ** (8 * size), 40_000, dtype=f"u{size}").view(dtype)  # All kinds of bits.
    with furca.Session() as session:
        session.look(0, {"hostile": hostile, "few": hostile[:100]})
        for number, array in enumerate([hostile, hostile[:100]]):
            paths = session.paths(number)
            assert paths.steps.tolist() == [0] and paths.values.shape == (1, min(1024, array.size))
            assert same(paths.values[0], array[paths.indices])
            with np.errstate(invalid="ignore"):
                assert ((paths.branches[0] < 0) == ~np.isfinite(array[paths.indices].astype(np.float64))
                        | np.isinf(paths.values[0])).all()


@pytest.mark.parametrize(
    "view", [np.transpose, lambda a: a[::3, ::-2], lambda a: a[:, 5], np.asfortranarray, lambda a: a[::-1].T], ids=range(5)
)
def test_indices_are_those_of_the_array(view, rng: np.random.Generator) -> None:
    array = view(rng.standard_normal((90, 120)).astype(np.float32))
    with furca.Session(paths=500) as session:
        session.look(0, {"w": array})
        paths = session.paths(0)
    assert (paths.values[0] == np.ravel(array)[paths.indices]).all()


def swapping(rng: np.random.Generator, share: float, count: int = 20_000) -> np.ndarray:
    """Two branches between which a share of the elements has changed places."""
    side = np.where(np.arange(count) % 2, 1.0, -1.0)
    moved = rng.random(count) < share
    return (np.where(moved, -side, side) + 0.1 * rng.standard_normal(count)).astype(np.float32)


def test_churn_sees_what_a_density_cannot(rng: np.random.Generator, tmp_path: Path) -> None:
    looks = [swapping(rng, share) for share in [0, 0, 0.5, 0.1]]
    with furca.Session(tmp_path / "a.furca") as session:
        for step, values in enumerate(looks):
            session.look(step, {"w": values})
    run = furca.open(tmp_path / "a.furca")
    steps, indices, values, branches, churn = paths = run.paths("w")
    assert repr(paths) == "Paths(1024 elements at 4 looks, the last at step 3)"
    assert steps.tolist() == [0, 1, 2, 3] and (values == [look[indices] for look in looks]).all()
    signs = np.sign(values)
    assert len(np.unique(branches)) == 2 and all(len(np.unique(branches[signs == side])) == 1 for side in (-1, 1))
    expected = [np.nan, *(signs[1:] != signs[:-1]).mean(axis=1)]
    assert churn == pytest.approx(expected, nan_ok=True) and 0.4 < churn[2] < 0.6
    assert run.churn("w").values == pytest.approx(churn, nan_ok=True) and run.churn("w").steps.tolist() == [0, 1, 2, 3]
    # The density has not moved.
    sketches = [run["w"].sketch(step) for step in (1, 2)]
    assert abs(sketches[0].quantile(0.3) - sketches[1].quantile(0.3)) < 0.01


def test_another_process_asks_while_the_run_goes_on(rng: np.random.Generator, tmp_path: Path) -> None:
    path = tmp_path / "live.furca"
    script = (
        "import sys, furca; p = furca.open(sys.argv[1]).paths('w'); print(p.values.tobytes().hex(), p.indices.tobytes().hex())"
    )
    values = rng.standard_normal(3000).astype(np.float32)
    with furca.Session(path, paths=64) as session:
        session.look(0, {"w": values})
        session.flush()
        told = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
        seen, places = (bytes.fromhex(word) for word in told.stdout.split())
        now = session.paths(0)
    assert seen == now.values.tobytes() and places == now.indices.tobytes()
    assert (np.frombuffer(seen, "f4") == values[now.indices]).all()


def test_blobs_are_as_documented(rng: np.random.Generator, tmp_path: Path) -> None:
    values = rng.standard_normal(3000).astype(np.float32)
    with furca.Session(tmp_path / "a.furca", paths=64) as session:
        session.look(5, {"w": values})
    run = furca.open(tmp_path / "a.furca")
    [[places]] = run.sql("select places from path_elements where tensor = 'w' and count = 64")
    [[elements]] = run.sql("select elements from paths where tensor = 'w' and step = 5")
    assert (np.frombuffer(elements, "<f4") == values[np.frombuffer(places, "<u8")]).all()


def test_a_model_is_followed_by_watch(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = torch.nn.Linear(40, 50)
    optimizer = torch.optim.Adam(model.parameters())
    kept = []
    with furca.watch(model, optimizer, run=tmp_path / "a.furca", budget=0, paths=100, seed=3, gradients=True) as scope:
        for _ in range(5):
            kept.append(model.weight.detach().clone().numpy().ravel())
            optimizer.zero_grad()
            model(torch.randn(8, 40)).square().mean().backward()
            optimizer.step()
        now = scope["weight"].paths()
        assert now.steps.tolist() == [5] and (now.values[0] == model.weight.detach().numpy().ravel()[now.indices]).all()
        with pytest.raises(EmptyError, match="exempt"):
            scope["weight.grad"].paths()
    run = furca.open(tmp_path / "a.furca")
    paths = run.paths("weight")
    assert paths.steps.tolist() == [0, 1, 2, 3, 4, 5]
    assert (paths.values[:5] == np.array(kept)[:, paths.indices]).all()
    assert (run.facts["paths"], run.facts["seed"]) == ("100", "3")
    with pytest.raises(EmptyError, match="not tested"):
        run.paths("weight.grad")


def test_none(tmp_path: Path) -> None:
    with furca.Session(tmp_path / "a.furca", paths=0) as session:
        session.look(0, {"w": np.zeros(3, np.float32)})
        with pytest.raises(EmptyError, match="paths = 0"):
            session.paths(0)
    run = furca.open(tmp_path / "a.furca")
    with pytest.raises(EmptyError, match="paths = 0"):
        run.paths("w")
    with pytest.raises(UnknownError, match="v"):
        run.paths("v")


def test_a_checkpoint_gives_the_paths_of_memory(rng: np.random.Generator, tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    arrays = {
        "large": rng.standard_normal(3_000_000).astype(np.float32),
        "small": rng.standard_normal(5000).astype(np.float16),
    }
    for step in (0, 1):
        save_file({name: array + step for name, array in arrays.items()}, tmp_path / f"step{step}.safetensors")
    run = furca.scan([tmp_path / "step0.safetensors", tmp_path / "step1.safetensors"], tmp_path / "b.furca")
    for name, array in arrays.items():
        paths = run.paths(name)
        assert (paths.values == np.array([(array + step)[paths.indices] for step in (0, 1)])).all()
