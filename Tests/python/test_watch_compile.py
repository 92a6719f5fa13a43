"""torch.compile: watching adds no graph break and no recompilation, and sees what it sees without."""

import shutil

import numpy as np
import pytest
import torch
import torch._dynamo
from torch._dynamo.utils import counters

import furca
from training import gaps, model

pytestmark = pytest.mark.skipif(shutil.which("c++") is None, reason="torch.compile needs a C++ compiler")

STEPS = 6


@pytest.fixture(autouse=True)
def fresh():
    torch._dynamo.reset()
    counters.clear()
    yield
    torch._dynamo.reset()


def train(step, net, optimizer, tick=lambda: None):
    torch.manual_seed(3)
    for batch in torch.randn(STEPS, 16, 8):
        step(net, optimizer, batch)
        tick()


def plain(net, optimizer, batch):
    optimizer.zero_grad()
    net(batch).square().mean().backward()
    optimizer.step()


def what_dynamo_did():
    return {
        "breaks": sum(counters["graph_break"].values()),
        "graphs": counters["stats"]["unique_graphs"],
        "recompilations": sum(counters["recompiles"].values()) if "recompiles" in counters else 0,
    }


def whole_step(net, optimizer):
    return torch.compile(plain)


def only_the_model(net, optimizer):
    compiled = torch.compile(net)

    def step(net, optimizer, batch):
        plain(compiled, optimizer, batch)

    return step


def the_optimizer(net, optimizer):
    update = torch.compile(lambda: optimizer.step(), fullgraph=False)

    def step(net, optimizer, batch):
        optimizer.zero_grad()
        net(batch).square().mean().backward()
        update()

    return step


@pytest.mark.parametrize("compile_step, ticks", [(whole_step, True), (only_the_model, False), (the_optimizer, True)])
def test_no_break_no_recompilation_and_the_same_parameters(tmp_path, compile_step, ticks):
    done = []
    for watched in (False, True):
        torch._dynamo.reset()
        counters.clear()
        net = model()
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
        scope = furca.watch(net, optimizer, run=tmp_path / "a.furca", gradients=True, budget=0) if watched else None
        train(compile_step(net, optimizer), net, optimizer, scope.tick if watched and ticks else lambda: None)
        done.append((what_dynamo_did(), [p.detach().clone() for p in net.parameters()]))
    (before, parameters), (after, same) = done
    assert after == before
    assert all(torch.equal(a, b) for a, b in zip(parameters, same))
    assert scope.step == STEPS
    for name, parameter in net.named_parameters():
        values = np.sort(parameter.detach().double().numpy().ravel())
        assert np.array_equal(scope[name].quantile(np.arange(1, values.size + 1) / values.size), values), name
        assert scope[name].steps.tolist() == list(range(STEPS + 1))
    scope.close(report=False)
    assert "optimizer" not in gaps(scope)


def test_a_compiled_step_without_ticks_is_told(tmp_path):
    net = model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
    scope = furca.watch(net, optimizer, run=tmp_path / "a.furca", budget=0)
    train(torch.compile(plain), net, optimizer)
    scope.close(report=False)
    if scope.step == 0:
        assert "scope.tick()" in gaps(scope)["optimizer"][0]
    else:
        assert scope.step == STEPS
