"""Gradient scaling: what the optimizer uses is what is seen, and a step that changes nothing is none."""

import pytest
import torch

import furca
from training import gaps, loss_of, model


def train(net, optimizer, scaler, *, poison=False):
    optimizer.zero_grad()
    scaler.scale(loss_of(net)).backward()
    if poison:
        net[0].weight.grad[0, 0] = float("inf")
    scaled = net[0].weight.grad.clone()
    scaler.step(optimizer)
    scaler.update()
    return scaled


@pytest.mark.parametrize("fused", [True, False])
def test_gradients_are_unscaled(tmp_path, fused):
    net = model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", gradients=True, budget=0) as scope:
        scaled = train(net, optimizer, scaler)
        assert scope["0.weight.grad"].stats.l2 == pytest.approx(float(scaled.double().norm()) / 1024, rel=1e-5)


@pytest.mark.parametrize("fused", [True, False])
def test_a_skipped_step_is_no_step(tmp_path, fused):
    net = model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", gradients=True, updates=True, budget=0) as scope:
        train(net, optimizer, scaler)
        before = net[0].weight.detach().clone()
        train(net, optimizer, scaler, poison=True)
        assert torch.equal(net[0].weight, before), "the scaler did not skip"
        assert scope.step == 1
        train(net, optimizer, scaler)
        assert scope.step == 2
        assert scope["0.weight.grad"].stats.inf == 0
        assert scope["0.weight.grad"].steps.tolist() == [1, 2]
    if fused:  # Of an unfused optimizer's skipped step nobody is told: it is not called at all.
        assert gaps(scope)["optimizer"] == [
            "1 updates were skipped by the gradient scaler because gradients were not finite, the first after step 1"
        ]


def test_gradients_that_were_unscaled_for_clipping(tmp_path):
    net = model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, fused=True)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", gradients=True, budget=0) as scope:
        scaler.scale(loss_of(net)).backward()
        scaler.unscale_(optimizer)
        norm = float(net[0].weight.grad.double().norm())
        scaler.step(optimizer)
        scaler.update()
        assert scope["0.weight.grad"].stats.l2 == pytest.approx(norm, rel=1e-6)


def skips(net, optimizer, scaler, poisoned, **options):
    """What the report says after a training in which some steps were poisoned, and the number of steps."""
    with furca.watch(net, optimizer, scaler=scaler, budget=0, **options) as scope:
        for poison in poisoned:
            train(net, optimizer, scaler, poison=poison)
    return gaps(scope).get("optimizer"), scope.step


@pytest.mark.parametrize("growth_interval", [1, 2, 3, 100])
@pytest.mark.parametrize("backoff", [0.5, 0.25])
@pytest.mark.parametrize("poisoned", ["0010", "1000", "0111", "01101001011", "000100010001", "0000"])
def test_skipped_steps_of_an_optimizer_that_is_not_fused_are_counted(tmp_path, growth_interval, backoff, poisoned):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cpu", 1024.0, growth_interval=growth_interval, backoff_factor=backoff)
    scaler.scale(torch.zeros(()))  # The scaler makes its state then.
    said, steps = skips(net, optimizer, scaler, [c == "1" for c in poisoned], run=tmp_path / "a.furca")
    assert steps == poisoned.count("0")
    count, first = poisoned.count("1"), poisoned.find("1")
    assert said == (
        [f"{count} updates were skipped by the gradient scaler because gradients were not finite, the first after step {first}"]
        if count
        else None
    )


def test_skipped_steps_of_a_fused_optimizer_are_not_counted_twice(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, fused=True)
    scaler = torch.amp.GradScaler("cpu", 1024.0)
    scaler.scale(torch.zeros(()))
    said, steps = skips(net, optimizer, scaler, [False, True, True, False, True], run=tmp_path / "a.furca")
    assert steps == 2 and said[0].startswith("3 updates were skipped")


def test_a_scale_that_the_user_sets_is_no_skip(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cpu", 1024.0)
    with furca.watch(net, optimizer, scaler=scaler, run=tmp_path / "a.furca") as scope:
        for _ in range(3):
            train(net, optimizer, scaler)
            scaler.update(300.0)
    assert "optimizer" not in gaps(scope)


def test_a_scaler_that_is_not_enabled_or_gone(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    assert skips(net, optimizer, torch.amp.GradScaler("cpu", enabled=False), [False], run=tmp_path / "a.furca") == (None, 1)
    scaler = torch.amp.GradScaler("cpu")
    scope = furca.watch(net, optimizer, scaler=scaler, run=tmp_path / "b.furca")
    del scaler
    loss_of(net).backward()
    optimizer.step()
    scope.close()
    assert "optimizer" not in gaps(scope)
