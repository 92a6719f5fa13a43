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
