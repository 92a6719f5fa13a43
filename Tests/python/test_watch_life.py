"""A run's life: steps, the budget, metrics, going back, its end; other processes; trouble."""

from __future__ import annotations

import logging
import multiprocessing
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from models import NAMES, make, train

import furca
from furca.errors import FileError, HandleError, StepError


def test_a_look_before_training_and_after_each_step(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    assert scope.step == 0 and scope["norm.bias"].steps.tolist() == [0]
    train(model, optimizer, 4)
    assert scope.step == 4
    for name in NAMES:
        assert scope[name].steps.tolist() == [0, 1, 2, 3, 4]
    assert scope["norm.weight"].history("mean")[0] == 1


def test_every(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca", every=10, budget=0)
    train(model, optimizer, 45)
    assert scope["norm.bias"].steps.tolist() == [*range(17), 20, 30, 40]


def test_the_first_steps_are_seen_and_the_budget_holds_after_them(tmp_path: Path, capsys) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca", budget=1e-6)
    train(model, optimizer, 40)
    steps = scope["norm.bias"].steps.tolist()
    assert steps[:17] == list(range(17)) and len(steps) < 41
    scope.close()
    left_out = 41 - len(steps)
    assert re.search(rf"{left_out} steps? to stay within 0\.0 % of wall time", capsys.readouterr().out)


def test_without_a_budget_nothing_is_left_out(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca", budget=0)
    train(model, optimizer, 100)
    assert scope["norm.bias"].steps.tolist() == list(range(101))
    assert scope.session.summary()["looks_left_out"] == 0


def test_log(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    losses = []
    for _ in range(5):
        losses += train(model, optimizer)
        scope.log(loss=torch.tensor(losses[-1]), lr=np.float32(0.5), tokens=24)
    steps, values = scope.run.metrics["loss"]
    assert steps.tolist() == [1, 2, 3, 4, 5]
    assert values.tolist() == pytest.approx(losses)
    assert scope.run.metrics["lr"].values.tolist() == [0.5] * 5
    assert scope.run.metrics["tokens"].values.tolist() == [24] * 5
    scope.log(**{"valid/loss.mean": float("nan"), "self": 1})
    assert list(scope.run.metrics) == ["loss", "lr", "self", "tokens", "valid/loss.mean"]
    assert np.isnan(scope.run.metrics["valid/loss.mean"].values).all()
    with pytest.raises((TypeError, ValueError)):
        scope.log(loss="high")


@pytest.mark.filterwarnings("error")
def test_a_loss_may_still_have_its_graph(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    scope.log(loss=2 * torch.ones(1, requires_grad=True).sum())
    assert scope.run.metrics["loss"].values.tolist() == [2]


def test_rewind(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    train(model, optimizer, 6)
    before = scope["norm.bias"].history("std")
    scope.rewind(2)
    assert scope.step == 2
    train(model, optimizer, 2)
    assert scope.step == 4
    assert scope["norm.bias"].steps.tolist() == [0, 1, 2, 3, 4]
    after = scope["norm.bias"].history("std")
    assert after[:3].tolist() == before[:3].tolist() and after[3] != before[3]
    old = scope.run.sql("select step, std from superseded_stats where tensor = 'norm.bias' order by step")
    assert [row.step for row in old] == [3, 4, 5, 6] and old[0].std == before[3]
    with pytest.raises(StepError, match="Cannot rewind to step -2"):
        scope.rewind(-2)


def test_a_context_manager(tmp_path: Path, capsys) -> None:
    model, optimizer = make()
    with furca.watch(model, optimizer, run=tmp_path / "a.furca") as scope:
        train(model, optimizer, 2)
    assert scope.session.closed
    train(model, optimizer, 2)
    assert scope.step == 2
    with pytest.raises(ZeroDivisionError), furca.watch(model, optimizer, run=tmp_path / "b.furca") as scope:
        1 / 0
    assert scope.session.closed
    assert capsys.readouterr().out.count("Watched: 7 tensors") == 2


def test_the_report_says_what_was_seen_what_not_and_the_cost(tmp_path: Path, capsys) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca", exclude="second.*")
    train(model, optimizer, 3)
    scope.close()
    report = capsys.readouterr().out.strip()
    assert report == scope.report()
    elements = sum(p.numel() for name, p in model.named_parameters() if not name.startswith("second"))
    assert f"Watched: 5 tensors, {elements} values; 4 looks up to step 3." in report
    assert "second.weight: left out by exclude" in report
    assert re.search(r"Cost: .+, [\d.]+ % of .+; .+ per look\.", report)
    assert str(tmp_path / "a.furca") in report
    scope.close()
    assert capsys.readouterr().out == ""


def test_after_close(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    train(model, optimizer, 2)
    scope.close(report=False)
    assert scope.forks() == scope.run.forks()
    assert scope.run["norm.bias"].steps.tolist() == [0, 1, 2]
    assert scope["norm.bias"].history("mean").size == 3
    with pytest.raises(HandleError, match="closed"):
        scope.log(loss=1.0)
    with pytest.raises(HandleError, match="closed"):
        scope["norm.bias"].stats
    assert "closed" in repr(scope) and "a.furca" in repr(scope)


def test_the_default_path_names_the_script(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["experiments/train_gpt.py", "--fast"])
    scope = furca.watch(*make())
    [file] = (tmp_path / "runs").glob("*.furca")
    assert re.fullmatch(r"train_gpt-\d{8}-\d{6}\.furca", file.name)
    assert f"the run is written to runs/{file.name}" in capsys.readouterr().out
    assert scope.path == f"runs/{file.name}"


def test_an_existing_run_is_left_alone_and_that_is_said(tmp_path: Path, capsys) -> None:
    path = tmp_path / "new" / "a.furca"
    with furca.watch(*make(), run=path) as scope:
        assert scope.path == str(path)
    before = path.read_bytes()
    capsys.readouterr()
    with furca.watch(*make(), run=path) as scope:
        said = capsys.readouterr().out
    assert str(path) in said and str(path.with_name("a-2.furca")) in said
    assert path.read_bytes() == before


def test_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    model, optimizer = make()
    for path in (in_the_way / "a.furca", in_the_way / "deeper" / "a.furca", Path("/proc/nothing/a.furca")):
        with pytest.raises(FileError, match=re.escape(str(path))):
            furca.watch(model, optimizer, run=path)
    assert not optimizer._optimizer_step_post_hooks


def test_two_watches_in_one_process(tmp_path: Path) -> None:
    first, second = make(1), make(2)
    a = furca.watch(*first, run=tmp_path / "a.furca")
    b = furca.watch(*second, run=tmp_path / "b.furca")
    again = furca.watch(*first, run=tmp_path / "again.furca", include="norm.*")
    train(*first, 3)
    train(*second, 2)
    assert (a.step, b.step, again.step) == (3, 2, 3)
    again.close(report=False)
    train(*first, 1)
    assert (a.step, b.step, again.step) == (4, 2, 3)
    for scope, (model, _) in ((a, first), (b, second)):
        assert scope["first.weight"].sketch().to_bytes() == furca.Sketch(model.first.weight).to_bytes()
        scope.close(report=False)


def test_a_run_ends_with_the_program(tmp_path: Path) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
import furca; from models import make, train
model, optimizer = make()
scope = furca.watch(model, optimizer, run={str(tmp_path / "a.furca")!r})
train(model, optimizer, 3)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "Watched: 7 tensors" in result.stdout and result.stderr == ""
    run = furca.open(tmp_path / "a.furca")
    assert run.facts["finished"] == "yes" and run["norm.bias"].steps.tolist() == [0, 1, 2, 3]


def test_a_run_ends_with_the_program_that_fails(tmp_path: Path) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
import furca; from models import make, train
model, optimizer = make()
scope = furca.watch(model, optimizer, run={str(tmp_path / "a.furca")!r})
train(model, optimizer, 3)
raise RuntimeError("the loop broke")
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.returncode == 1 and result.stderr.strip().endswith("RuntimeError: the loop broke")
    assert furca.open(tmp_path / "a.furca").facts["finished"] == "yes"


def test_close_in_a_child_leaves_the_run_to_its_parent(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    train(model, optimizer, 2)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            scope.close()
            train(model, optimizer, 1)
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    train(model, optimizer, 2)
    scope.close(report=False)
    run = furca.open(tmp_path / "a.furca")
    assert run["norm.bias"].steps.tolist() == [0, 1, 2, 3, 4]
    assert run.facts["finished"] == "yes" and "everything" not in [gap.name for gap in run.gaps]


class Numbers(torch.utils.data.Dataset):
    def __len__(self) -> int:
        return 16

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.full((6,), index % 12)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_a_data_loader(method: str, tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    loader = torch.utils.data.DataLoader(Numbers(), batch_size=8, num_workers=1, multiprocessing_context=method)
    for _ in range(2 if method == "fork" else 1):
        for tokens in loader:
            model(tokens).sum().backward()
            optimizer.step()
    scope.close(report=False)
    run = furca.open(tmp_path / "a.furca")
    assert run["norm.bias"].steps.tolist() == list(range(5 if method == "fork" else 3))


def test_trouble_never_reaches_the_loop(tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    train(model, optimizer, 2)

    def broken(*_: object) -> None:
        raise RuntimeError("the sensor is on fire")

    monkeypatch.setattr(scope.session, "observe", broken)
    with caplog.at_level(logging.WARNING, "furca"):
        losses = train(model, optimizer, 3)
    assert len(losses) == 3
    assert caplog.text.count("watching stopped at step 3: the sensor is on fire") == 1
    [reason] = [gap.reason for gap in scope.run.gaps if gap.name == "everything"]
    assert reason == "watching stopped at step 3: the sensor is on fire"
    assert "everything: watching stopped" in scope.report()
    scope.close(report=False)


def test_a_session_closed_under_it_does_not_reach_the_loop(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    train(model, optimizer, 1)
    scope.session.close()
    assert len(train(model, optimizer, 2)) == 2
    scope.close()


def test_questions_from_a_thread_while_it_trains(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca", budget=0)
    done = threading.Event()
    problems: list[BaseException] = []
    seen: set[int] = set()

    def ask() -> None:
        try:
            while not done.is_set():
                view = scope["first.weight"]
                seen.add(view.stats.step)
                assert view.quantile([0.25, 0.75])[0] <= view.quantile(0.75)
                view.branches, view.cdf(0.0), scope.forks(), scope.report()
        except BaseException as problem:
            problems.append(problem)

    thread = threading.Thread(target=ask)
    thread.start()
    train(model, optimizer, 100)
    done.set()
    thread.join()
    assert not problems and len(seen) > 5
    scope.close(report=False)


def test_gradient_accumulation_counts_the_optimizers_steps(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    for batch in range(8):
        model(torch.zeros(1, 6, dtype=torch.long)).sum().backward()
        if batch % 4 == 3:
            optimizer.step()
    assert scope.step == 2


def test_a_watch_in_a_spawned_process(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(watched_elsewhere, (str(tmp_path / "a.furca"),)) == 3
    assert furca.open(tmp_path / "a.furca")["norm.bias"].steps.tolist() == [0, 1, 2, 3]


def watched_elsewhere(path: str) -> int:
    model, optimizer = make()
    with furca.watch(model, optimizer, run=path) as scope:
        train(model, optimizer, 3)
    return scope.step
