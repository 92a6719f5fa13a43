"""Gradients, optimizer state and updates beside the parameters, against the tensors themselves."""

import numpy as np
import pytest
import torch

import furca
from training import gaps, loss_of, model, step


def values_of(tensor):
    return np.sort(tensor.detach().double().numpy().ravel())


def sketch_values(scope, name):
    """All values of a small tensor, sorted, as the latest look saw them."""
    count = scope[name].stats.count
    return scope[name].quantile(np.arange(1, count + 1) / count)


def test_gradients_are_those_of_the_step(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", gradients=True, budget=0) as scope:
        for _ in range(3):
            step(net, optimizer)
            for name, parameter in net.named_parameters():
                assert np.array_equal(sketch_values(scope, f"{name}.grad"), values_of(parameter.grad)), name
                assert scope[f"{name}.grad"].stats.step == scope.step


def test_accumulated_gradients_are_seen_once_per_update(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", gradients=True, budget=0) as scope:
        for _ in range(2):
            optimizer.zero_grad()
            for _ in range(4):
                loss_of(net).backward()
            optimizer.step()
            assert np.array_equal(sketch_values(scope, "0.weight.grad"), values_of(net[0].weight.grad))
        assert scope.step == 2
        assert scope["0.weight.grad"].steps.tolist() == [1, 2]


@pytest.mark.parametrize("make", [
    lambda p: torch.optim.LBFGS(p, lr=0.1, max_iter=4),
    lambda p: torch.optim.SGD(p, lr=0.1),
])
def test_a_closure_computes_the_gradients(tmp_path, make):
    net = model()
    optimizer = make(list(net.parameters()))
    seen = {}

    def closure():
        optimizer.zero_grad()
        loss = loss_of(net)
        loss.backward()
        seen["grad"] = net[0].weight.grad.clone()
        return loss

    with furca.watch(net, optimizer, run=tmp_path / "a.furca", gradients=True, budget=0) as scope:
        for _ in range(3):
            optimizer.step(closure)
            assert np.array_equal(sketch_values(scope, "0.weight.grad"), values_of(seen["grad"]))
        assert scope.step == 3


def test_an_optimizer_per_parameter_inside_the_backward_pass(tmp_path):
    net = model()
    optimizers = {p: torch.optim.AdamW([p], lr=1e-3) for p in net.parameters()}
    norms = {}

    def hook(parameter):
        norms[id(parameter)] = float(parameter.grad.double().norm())
        optimizers[parameter].step()
        optimizers[parameter].zero_grad()

    for parameter in net.parameters():
        parameter.register_post_accumulate_grad_hook(hook)
    with furca.watch(
        net, list(optimizers.values()), run=tmp_path / "a.furca", gradients=True, optimizer_state=True, updates=True, budget=0
    ) as scope:
        for i in range(3):
            loss_of(net).backward()
            assert scope.step == i + 1
            for name, parameter in net.named_parameters():
                assert scope[f"{name}.grad"].stats.l2 == pytest.approx(norms[id(parameter)], rel=1e-6)
                moment = optimizers[parameter].state[parameter]["exp_avg"]
                assert np.array_equal(sketch_values(scope, f"{name}.exp_avg"), values_of(moment))
                assert np.array_equal(sketch_values(scope, name), values_of(parameter))


def test_optimizer_state(tmp_path):
    net = model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", optimizer_state=True, budget=0) as scope:
        assert not optimizer.state, "looking made an entry in the optimizer's state"
        for _ in range(3):
            step(net, optimizer)
        for name, parameter in net.named_parameters():
            for key in ("exp_avg", "exp_avg_sq"):
                assert np.array_equal(sketch_values(scope, f"{name}.{key}"), values_of(optimizer.state[parameter][key]))
        assert not any(name.endswith(".step") for name in scope)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_updates(tmp_path, dtype):
    net = model().to(dtype)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", updates=True, budget=0) as scope:
        before = net[0].weight.detach().clone()
        optimizer.zero_grad()
        net(torch.randn(16, 8, dtype=dtype)).square().mean().backward()
        optimizer.step()
        after = net[0].weight.detach()
    change = after.double() - before.double()
    run = furca.open(scope.path)
    ratio = run.metrics["0.weight.update_ratio"]
    assert ratio.steps.tolist() == [1]
    assert ratio.values[0] == pytest.approx(float(change.norm() / before.double().norm()), rel=1e-5)
    assert run.metrics["0.weight.unchanged"].values[0] == float((change == 0).double().mean())
    assert run["0.weight.update"].stats().l2 == pytest.approx(float(change.norm()), rel=1e-2 if dtype is torch.bfloat16 else 1e-5)
    if dtype is torch.bfloat16:
        assert 0 < run.metrics["0.weight.unchanged"].values[0] < 1


def test_nan_gradients_are_counted_and_harm_nothing(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", gradients=True, updates=True, budget=0) as scope:
        step(net, optimizer)
        optimizer.zero_grad()
        loss_of(net).backward()
        net[0].weight.grad[0, :3] = torch.tensor([float("nan"), float("inf"), float("-inf")])
        optimizer.step()
        step(net, optimizer)
        assert scope.step == 3
        run = scope.run
        assert run["0.weight.grad"].history("nan")[1] == 1
        assert run["0.weight.grad"].history("pos_inf")[1] == run["0.weight.grad"].history("neg_inf")[1] == 1
        assert run["0.weight"].history("nan").tolist() == [0, 0, 1, 256]  # NaN weights make all outputs NaN.
        assert run["3.bias.grad"].history("nan")[2] == 4


def test_parameters_without_a_gradient_are_named(tmp_path):
    net = model()
    net.register_parameter("unused", torch.nn.Parameter(torch.zeros(3)))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", gradients=True, budget=0) as scope:
        step(net, optimizer)
    assert gaps(scope)["unused.grad"] == ["the parameter never had a gradient"]


def test_sparse_gradients_are_named(tmp_path):
    net = torch.nn.Sequential(torch.nn.Embedding(20, 4, sparse=True), torch.nn.Linear(4, 2))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", gradients=True, updates=True, budget=0) as scope:
        for _ in range(3):
            optimizer.zero_grad()
            net(torch.arange(6)).sum().backward()
            optimizer.step()
        assert scope.step == 3
    assert "sparse" in gaps(scope)["0.weight.grad"][0]


def test_two_optimizers_that_take_turns(tmp_path):
    net = torch.nn.ModuleDict({"a": model(0), "b": model(1)})
    first = torch.optim.SGD(net["a"].parameters(), lr=0.1)
    second = torch.optim.Adam(net["b"].parameters(), lr=0.1)
    with furca.watch(net, [first, second], run=tmp_path / "a.furca", gradients=True, optimizer_state=True, budget=0) as scope:
        for i in range(6):
            step(net["a"], first)
            if i % 2:
                step(net["b"], second)
        assert scope.step == 3
        assert scope["a.0.weight.grad"].stats.step == scope["b.0.weight.grad"].stats.step == 3
        assert "b.0.weight.exp_avg" in scope and "a.0.weight.exp_avg" not in scope


def test_an_optimizer_that_never_steps_is_named(tmp_path):
    net = torch.nn.ModuleDict({"a": model(0), "b": model(1)})
    first = torch.optim.SGD(net["a"].parameters(), lr=0.1)
    second = torch.optim.Adam(net["b"].parameters(), lr=0.1)
    with furca.watch(net, [first, second], run=tmp_path / "a.furca") as scope:
        for _ in range(70):
            step(net["a"], first)
    found = gaps(scope)
    assert "scope.tick()" in found["steps"][0] and len(found["steps"]) == 1
    assert "Adam, never stepped" in found["optimizer"][0]
    scope.close()


def test_two_models_in_one_process(tmp_path):
    nets = [model(0), model(1)]
    optimizers = [torch.optim.SGD(net.parameters(), lr=0.1) for net in nets]
    scopes = [furca.watch(n, o, run=tmp_path / f"{i}.furca", budget=0) for i, (n, o) in enumerate(zip(nets, optimizers))]
    step(nets[0], optimizers[0])
    step(nets[1], optimizers[1])
    step(nets[1], optimizers[1])
    assert [scope.step for scope in scopes] == [1, 2]
    for net, scope in zip(nets, scopes):
        assert np.array_equal(sketch_values(scope, "0.weight"), values_of(net[0].weight))
        scope.close(report=False)


def test_only_parameters_fork(tmp_path):
    net = model(width=128)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
    with furca.watch(net, optimizer, run=tmp_path / "with.furca", gradients=True, optimizer_state=True, updates=True) as scope:
        step(net, optimizer)
        assert "1.bias" in {fork.tensor for fork in scope.forks()}, "Adam's first step forks the bias"
        assert {fork.tensor for fork in scope.forks()} <= {name for name, _ in net.named_parameters()}
        assert len(scope["1.bias.update"].branches) == 1
        net[1].bias.grad = torch.full((128,), float("nan"))
        optimizer.step()
        assert "1.bias.grad" in {fork.tensor for fork in scope.forks() if fork.kind == "nonfinite"}
