"""Looks that are read beside the training."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
import torch
import training

import furca


def watched(tmp_path: Path, name: str = "a.furca", **options: object) -> tuple[torch.nn.Module, torch.optim.Optimizer, furca.Scope]:
    net = training.model(width=64)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
    return net, optimizer, furca.watch(net, optimizer, run=tmp_path / name, budget=0, overlap=True, **options)


def test_sees_what_a_watch_without_it_sees(tmp_path: Path) -> None:
    histories = {}
    for overlap in (False, True):
        net = training.model(width=64)
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
        with furca.watch(net, optimizer, run=tmp_path / f"{overlap}.furca", budget=0, overlap=overlap) as scope:
            for _ in range(30):
                training.step(net, optimizer)
        with furca.open(scope.path) as run:
            histories[overlap] = {
                (name, what): run[name].history(what) for name in run.tensors for what in ("mean", "std", "max", "l2")
            }
            assert list(run["0.weight"].steps) == list(range(31))
            assert run.sql("select count(*) as n from dropped")[0].n == 0
            cost = run.sql("select total(overlapped) as beside from cost")[0].beside
            assert (cost > 0) == overlap
    assert histories[True].keys() == histories[False].keys()
    for key, history in histories[True].items():
        np.testing.assert_array_equal(history, histories[False][key], err_msg=str(key))


def test_answers_from_the_look_before_until_the_next_step(tmp_path: Path) -> None:
    net, optimizer, scope = watched(tmp_path)
    with pytest.raises(furca.errors.EmptyError):
        scope["0.weight"].stats
    training.step(net, optimizer)
    assert scope["0.weight"].stats.step == 0
    training.step(net, optimizer)
    assert scope["0.weight"].stats.step == 1
    scope.close()
    with furca.open(scope.path) as run:
        assert run["0.weight"].stats().step == 2
        assert run["0.weight"].stats().mean == pytest.approx(float(net[0].weight.detach().double().mean()), rel=1e-9)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("was written to", lambda p: p.mul_(1.5)),
        ("was written to", lambda p: p.copy_(torch.zeros_like(p))),
        ("moved to other memory", lambda p: p.set_(torch.zeros_like(p))),
        ("resized", lambda p: p.untyped_storage().resize_(8192 * 4)),
    ],
)
def test_drops_a_look_whose_memory_changed_and_says_why(tmp_path: Path, what: str, change) -> None:
    net, optimizer, scope = watched(tmp_path)
    training.step(net, optimizer)
    with torch.no_grad():
        change(net[3].weight)
    optimizer.zero_grad()
    training.loss_of(net).backward()
    optimizer.step()
    training.step(net, optimizer)
    scope.close(report=False)
    assert f"1 look dropped; the last, at step 1: 3.weight {what}" in scope.report() or (
        what == "resized" and "1 look dropped; the last, at step 1: the storage of 3.weight was resized" in scope.report()
    )
    with furca.open(scope.path) as run:
        assert list(run["0.weight"].steps) == [0, 2, 3]
        (dropped,) = run.sql("select step, reason from dropped")
        assert dropped.step == 1 and what in dropped.reason


def test_keeps_memory_alive_that_the_model_lets_go(tmp_path: Path) -> None:
    net, optimizer, scope = watched(tmp_path)
    for _ in range(5):
        training.step(net, optimizer)
        with torch.no_grad():
            net[0].weight.data = net[0].weight.detach().clone()
        gc.collect()
        torch.full((64, 8), float("nan"))  # Takes the memory, if it was freed.
    scope.close(report=False)
    assert "moved to other memory" in scope.report()
    with furca.open(scope.path) as run:
        assert not run["0.weight"].history("nan").any()


def test_gradients_and_updates_go_with_it(tmp_path: Path) -> None:
    net, optimizer, scope = watched(tmp_path, gradients=True, optimizer_state=True, updates=True)
    for _ in range(4):
        training.step(net, optimizer)
    scope.close(report=False)
    with furca.open(scope.path) as run:
        assert list(run["0.weight"].steps) == [0, 1, 2, 3, 4]
        assert list(run["0.weight.grad"].steps) == [1, 2, 3, 4]
        assert list(run["0.weight.update"].steps) == [1, 2, 3, 4]
        assert list(run["0.weight.exp_avg"].steps) == [1, 2, 3, 4]
        assert not [reason for name, reason in run.gaps if "watching stopped" in reason]


def test_goes_back_and_ends_while_a_look_is_read(tmp_path: Path) -> None:
    net, optimizer, scope = watched(tmp_path)
    for _ in range(5):
        training.step(net, optimizer)
    scope.rewind(2)
    for _ in range(2):
        training.step(net, optimizer)
    scope.close(report=False)
    with furca.open(scope.path) as run:
        assert list(run["0.weight"].steps) == [0, 1, 2, 3, 4]


def test_a_loop_that_ticks_is_looked_at_without_it(tmp_path: Path) -> None:
    net, optimizer, scope = watched(tmp_path)
    with torch.no_grad():
        net[0].weight.add_(1)
    scope.tick(1)
    scope.tick(2)
    scope.close(report=False)
    assert "tick() counts the steps" in scope.report()
    with furca.open(scope.path) as run:
        assert list(run["0.weight"].steps) == [1, 2]
        assert [row.step for row in run.sql("select step from dropped")] == [0]


def test_a_model_that_goes_away_ends_the_run_well(tmp_path: Path) -> None:
    net, optimizer, scope = watched(tmp_path)
    training.step(net, optimizer)
    del net, optimizer
    gc.collect()
    assert scope.session.closed
    with furca.open(scope.path) as run:
        assert list(run["0.weight"].steps) == [0, 1]


class TestRefusals:
    """Where nothing guarantees the wait there is a sentence, and no run file."""

    def refused(self, tmp_path: Path, net: torch.nn.Module, optimizer: object, reason: str) -> None:
        with pytest.raises(furca.errors.ArgumentError, match="overlap=True is not possible here: .*" + reason):
            furca.watch(net, optimizer, run=tmp_path / "a.furca", overlap=True)
        assert not list(tmp_path.iterdir())

    def test_without_an_optimizer(self, tmp_path: Path) -> None:
        self.refused(tmp_path, training.model(), None, "without an optimizer")

    def test_parameters_that_another_optimizer_trains(self, tmp_path: Path) -> None:
        net = training.model()
        self.refused(tmp_path, net, torch.optim.SGD(net[0].parameters(), lr=1), "none of the optimizers given")

    def test_an_optimizer_in_the_backward_pass(self, tmp_path: Path) -> None:
        from torch.distributed.optim import _apply_optimizer_in_backward

        net = training.model()
        rest = torch.optim.SGD(net.parameters(), lr=1)
        _apply_optimizer_in_backward(torch.optim.SGD, net[0].parameters(), {"lr": 1.0})
        self.refused(tmp_path, net, rest, "during the backward pass")

    def test_optimizers_stepped_by_hooks(self, tmp_path: Path) -> None:
        net = training.model()
        optimizers = {parameter: torch.optim.SGD([parameter], lr=1) for parameter in net.parameters()}
        for parameter in net.parameters():
            parameter.register_post_accumulate_grad_hook(lambda p: optimizers[p].step())
        self.refused(tmp_path, net, list(optimizers.values()), "during the backward pass")

    def test_resharded_parameters(self, tmp_path: Path) -> None:
        class FullyShardedDataParallel(torch.nn.Sequential):
            """Known by its name, for torch.distributed may be missing."""

        net = FullyShardedDataParallel(torch.nn.Linear(2, 2))
        self.refused(tmp_path, net, torch.optim.SGD(net.parameters(), lr=1), "FSDP frees")
