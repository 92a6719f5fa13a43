"""Groups: forks of unions of tensors, and none where no member has one."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import ml_dtypes
import numpy as np
import pytest
import torch

import furca
from furca.errors import ArgumentError, DuplicateError, EmptyError

DATA = Path(__file__).parent / "data" / "tiny-gpt.npz"

Law = Callable[[np.random.Generator, int], np.ndarray]

#: Unimodal and symmetric laws, with tails of all kinds.
LAWS: list[Law] = [
    lambda rng, n: rng.standard_normal(n),
    lambda rng, n: rng.laplace(size=n),
    lambda rng, n: rng.uniform(-1, 1, n),
    lambda rng, n: rng.standard_t(2, n),
    lambda rng, n: rng.standard_cauchy(n),
    lambda rng, n: rng.standard_t(5, n),
    lambda rng, n: rng.standard_normal(n) * np.where(rng.random(n) < 0.1, 10, 1),
]


def forks(session: furca.Session, group: str) -> list[furca.ForkEvent]:
    return [e for e in session.events() if e.tensor == f"group:{group}" and e.kind in ("split", "birth")]


@pytest.mark.parametrize(
    "dtype",
    [np.float32, np.float64, np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn],
    ids=lambda dtype: np.dtype(dtype).name,
)
def test_no_fork_where_all_are_unimodal(dtype: type, rng: np.random.Generator) -> None:
    """Tensors of different law, scale, place and size, 24 to a group."""
    for _ in range(40):
        members = {}
        for number in range(24):
            scale, place = 10 ** rng.uniform(-3, 1), rng.choice([0, 0, 1, -2])
            values = LAWS[number % len(LAWS)](rng, int(2 ** rng.uniform(5, 13)))
            with np.errstate(over="ignore"):
                members[f"t{number}"] = np.clip(place + scale * values, -448, 448).astype(dtype)
        with furca.Session(alpha=0.5) as session:
            group = session.group("all", "*")
            session.look(0, members)
            assert forks(session, "all") == []
            assert session.stats(group).count > 1000 and abs(session.stats(group).mean) < 0.05


@pytest.mark.parametrize("spread", [1e-4, 1e-3, 2e-3, 4e-3, 1e-2, 5e-2])
def test_gains_near_1_in_bfloat16(spread: float, rng: np.random.Generator) -> None:
    """A few points of the lattice each, wider apart above 1 than below."""
    for _ in range(25):
        members = {
            f"ln{number}.weight": (1 + rng.normal(0.3 * spread, spread * rng.uniform(0.5, 2), 512)).astype(ml_dtypes.bfloat16)
            for number in range(16)
        }
        members |= {f"ln{number}.bias": rng.normal(0, spread, 512).astype(ml_dtypes.bfloat16) for number in range(4)}
        with furca.Session(alpha=0.5) as session:
            session.group("gains", "*.weight")
            session.group("all", "*")
            session.look(0, members)
            assert forks(session, "gains") == [] and forks(session, "all") == []


def test_a_fork_that_no_member_shows(rng: np.random.Generator) -> None:
    """Of 60 values nothing can be said; of 40 times as many it can."""
    with furca.Session() as session:
        session.group("biases", "b?")
        session.group("more", "b*")
        for step, apart in enumerate([0, 4]):
            members = {
                f"b{number}": 10.0 ** (number % 5 - 2)
                * (number + rng.standard_normal(60) + apart * np.where(np.arange(60) % 2, 0.5, -0.5))
                for number in range(40)
            }
            session.look(step, {name: values.astype(np.float32) for name, values in members.items()})
        assert [(e.kind, e.label, e.step, len(e.branches)) for e in forks(session, "more")] == [("split", "learned", 1, 2)]
        assert [e.tensor for e in session.events() if not e.tensor.startswith("group:")] == []
        assert [branch.mass for branch in session.branches(session.find("group:more"))] == pytest.approx([0.5, 0.5], abs=0.04)


def test_values_are_in_standard_deviations(rng: np.random.Generator) -> None:
    members = {"small": rng.normal(3, 0.01, 900), "large": rng.normal(-50, 20, 900)}
    members = {name: values.astype(np.float32) for name, values in members.items()}
    with furca.Session() as session:
        group = session.group("both", "*")
        session.look(0, members)
        union = np.concatenate([(x - np.float64(x).mean()) / np.float64(x).std() for x in members.values()])
        stats = session.stats(group)
        assert (stats.count, stats.kurtosis) == (1800, pytest.approx(((union**4).mean()) - 3, abs=1e-3))
        q = [0.01, 0.3, 0.5, 0.99]
        assert session.quantile(group, q) == pytest.approx(np.quantile(union, q, method="inverted_cdf"), abs=2e-5)


def test_large_groups_take_even_shares(rng: np.random.Generator) -> None:
    with furca.Session(paths=4096) as session:
        group = session.group("all", "*")
        session.look(0, {f"t{n}": rng.standard_normal(5000).astype(np.float32) for n in range(50)})
        assert session.stats(group).count == 50 * (65536 // 50)


@pytest.fixture(scope="module")
def tiny_gpt(tmp_path_factory: pytest.TempPathFactory) -> furca.Run:
    path = tmp_path_factory.mktemp("run") / "tiny-gpt.furca"
    with np.load(DATA) as data, furca.Session(path) as session:
        for name, pattern in {"biases": "*.bias", "gains": "*ln*.weight", "down": "*.down.bias", "all": "*"}.items():
            session.group(name, pattern)
        names = [name for name in data.files if "@" not in name]
        steps = {name: data[f"{name}@steps"].tolist() for name in names}
        for step in steps["lnf.bias"]:
            session.look(step, {n: data[n][steps[n].index(step)] for n in names if step in steps[n]})
    return furca.open(path)


def test_what_the_optimizer_splits_is_the_optimizers(tiny_gpt: furca.Run) -> None:
    for name in ("biases", "gains", "down", "all"):
        first = tiny_gpt.forks(f"group:{name}")[0]
        assert (first.kind, first.label, first.step, first.onset) == ("split", "optimizer", 1, (0, 1)), name
    # Four biases whose halves stay apart, and two of which fork by themselves.
    assert [(e.kind, e.label) for e in tiny_gpt.forks("group:down")][1:] == [("established", "learned"), ("merge", None)]
    assert [e.kind for e in tiny_gpt.forks("group:gains")][1:] == ["merge"]


def test_a_group_is_a_tensor_of_the_run(tiny_gpt: furca.Run) -> None:
    group = tiny_gpt.groups["group:gains"]
    assert group.pattern == "*ln*.weight"
    assert sorted(group.members) == sorted(n for n in tiny_gpt.tensors if n.endswith("weight") and "ln" in n)
    assert tiny_gpt.sql("select kind, count(*) from tensors group by kind order by kind") == [("group", 4), ("tensor", 36)]
    assert tiny_gpt["group:gains"].steps.tolist() == tiny_gpt["lnf.bias"].steps.tolist()
    assert tiny_gpt["group:gains"].shape == (9 * 128,)
    assert tiny_gpt["group:gains"].history("std")[1:] == pytest.approx(1, abs=0.01)
    assert int(tiny_gpt.facts["alpha_tensors"]) == 40
    [gap] = [gap for gap in tiny_gpt.gaps if gap.name == "group:all"]
    assert "and 31 more as long as they are constant, as at step 0" in gap.reason
    with pytest.raises(EmptyError, match="members"):
        tiny_gpt.paths("group:gains")
    with tiny_gpt.sql("select 1") and furca.open(tiny_gpt.path) as again:
        assert again.sql("select looks from progress join tensor on tensor = id where name = 'group:gains'") == [(29,)]


def test_watch_groups_parameters_and_leaves_gradients_out(tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = torch.nn.Sequential(*(torch.nn.Linear(20, 20) for _ in range(4)))
    optimizer = torch.optim.Adam(model.parameters())
    path = tmp_path / "a.furca"
    with furca.watch(model, optimizer, run=path, budget=0, gradients=True, groups={"w": "*.weight*", "all": "*"}) as scope:
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.randn(8, 20)).square().mean().backward()
            optimizer.step()
        assert scope["group:w"].stats.count == 4 * 400 and scope["group:all"].stats.count == 4 * 420
        assert "8 tensors" not in scope.report() and "2 groups" in scope.report()
    run = furca.open(path)
    assert set(run.groups["group:w"].members) == {f"{n}.weight" for n in range(4)}
    with furca.watch(model, optimizer, run=path, budget=0, resume=True, groups={"w": "*.weight*"}) as scope:
        optimizer.zero_grad()
        model(torch.randn(8, 20)).square().mean().backward()
        optimizer.step()
        assert scope["group:w"].stats.step == 4
    assert run["group:w"].steps.tolist() == run["group:all"].steps.tolist() == [0, 1, 2, 3, 4]


def test_wrong_groups_get_a_sentence() -> None:
    with furca.Session() as session:
        session.group("a", "*")
        with pytest.raises(DuplicateError, match='"a"'):
            session.group("a", "b*")
        with pytest.raises(ArgumentError, match="pattern"):
            session.group("b", "")
        with pytest.raises(ArgumentError, match="group"):
            session.exempt(0)
        assert "group:a: no tensor that was observed is named *" in session.report()
    with furca.Session(paths=0) as session:
        with pytest.raises(ArgumentError, match="paths = 0"):
            session.group("a", "*")


def test_merged_shards_have_no_groups_and_say_so(rng: np.random.Generator, tmp_path: Path) -> None:
    for rank in range(2):
        with furca.Session(tmp_path / f"a.rank{rank}.furca") as session:
            session.group("all", "*")
            session.look(0, {"w": rng.standard_normal(50).astype(np.float32)})
    run = furca.merge(str(tmp_path / "a.rank*.furca"), run=tmp_path / "a.furca")
    assert run.tensors == ["w"] and run.groups == {}
    assert "merged shards do not have" in dict(run.gaps)["group:all"]
    with pytest.raises(EmptyError, match="sketches"):
        run.paths("w")
