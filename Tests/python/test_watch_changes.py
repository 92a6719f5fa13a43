"""Parameters that come, go, move and change while they are watched; every one that is not seen is named with its reason."""

import gc

import numpy as np
import pytest
import torch

import furca
from training import gaps, loss_of, model, step


def watched(net, optimizer, tmp_path, **options):
    return furca.watch(net, optimizer, run=tmp_path / "a.furca", budget=0, **options)


def test_a_lazy_parameter_is_watched_from_its_first_step(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.LazyLinear(4))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with watched(net, optimizer, tmp_path) as scope:
        step(net, optimizer)
        step(net, optimizer)
        assert scope["1.weight"].steps.tolist() == [1, 2]
        assert scope["1.weight"].stats.l2 == pytest.approx(float(net[1].weight.detach().double().norm()))
    assert gaps(scope)["1.weight"] == ["watched from step 1 on: it was not there before"]


def test_a_lazy_parameter_that_is_never_used_is_named(tmp_path):
    net = torch.nn.ModuleDict({"used": model(), "never": torch.nn.LazyLinear(4)})
    optimizer = torch.optim.SGD(net["used"].parameters(), lr=0.1)
    with watched(net, optimizer, tmp_path) as scope:
        step(net["used"], optimizer)
    assert gaps(scope)["never.weight"] == ["its shape was never known: it is a lazy parameter"]


def test_a_model_of_lazy_parameters_alone(tmp_path):
    net = torch.nn.LazyLinear(4)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with watched(net, optimizer, tmp_path) as scope:
        step(net, optimizer)
        assert scope.tensors == ["weight", "bias"]


def test_an_added_parameter(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with watched(net, optimizer, tmp_path) as scope:
        for _ in range(5):
            step(net, optimizer)
        net.append(torch.nn.Linear(4, 2))
        optimizer.add_param_group({"params": net[4].parameters()})
        step(net, optimizer)
        assert scope["4.weight"].steps.tolist() == [6]
    assert gaps(scope)["4.weight"] == ["watched from step 6 on: it was not there before"]


def test_a_removed_parameter(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with watched(net, optimizer, tmp_path) as scope:
        step(net, optimizer)
        optimizer.param_groups[0]["params"] = optimizer.param_groups[0]["params"][:-2]
        net[3] = torch.nn.Identity()
        optimizer.zero_grad()
        gc.collect()
        step(net, optimizer)
        assert scope["0.weight"].stats.step == 2
        assert scope["3.weight"].stats.step == 1
    assert gaps(scope)["3.weight"] == ["watched until step 1: it is gone"]


def test_another_parameter_under_the_same_name(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with watched(net, optimizer, tmp_path) as scope:
        step(net, optimizer)
        kept = net[3].weight
        net[3].weight = torch.nn.Parameter(torch.full_like(kept, 7.0))
        step(net, optimizer)
        assert scope["3.weight"].stats.mean == 7.0
        assert scope["3.weight"].steps.tolist() == [0, 1, 2]
        net[3] = torch.nn.Linear(32, 5)
        for _ in range(2):
            step(net, optimizer)
        assert scope["3.weight@3"].stats.count == 160
    assert "another parameter since step 2" in gaps(scope)["3.weight"]


@pytest.mark.parametrize("move", [
    lambda p: setattr(p, "data", p.data.clone()),
    lambda p: setattr(p, "data", p.data.t().contiguous().t()),
    lambda p: p.data.set_(p.data.clone()),
])
def test_a_parameter_that_moves_is_followed(tmp_path, move):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with watched(net, optimizer, tmp_path) as scope:
        for _ in range(4):
            step(net, optimizer)
            move(net[0].weight)
        step(net, optimizer)
        values = np.sort(net[0].weight.detach().double().numpy().ravel())
        assert np.array_equal(scope["0.weight"].quantile(np.arange(1, 257) / 256), values)
    assert "0.weight" not in gaps(scope)


def test_a_changed_dtype_goes_on_under_another_name(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with watched(net, optimizer, tmp_path) as scope:
        step(net, optimizer)
        net.double()
        optimizer.zero_grad()
        net(torch.randn(4, 8, dtype=torch.float64)).sum().backward()
        optimizer.step()
        assert scope["0.weight@2"].stats.step == 2
    assert gaps(scope)["0.weight"] == ["watched until step 1: its dtype changed from float32 to float64"]


def test_tied_and_shared_parameters(tmp_path):
    net = torch.nn.ModuleDict({"a": torch.nn.Linear(8, 8), "b": torch.nn.Linear(8, 8), "c": torch.nn.Linear(8, 8)})
    net["b"].weight = net["a"].weight
    net["c"].weight = torch.nn.Parameter(net["a"].weight.data)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with watched(net, optimizer, tmp_path) as scope:
        assert scope.tensors == ["a.weight", "a.bias", "b.bias", "c.bias"]
    assert gaps(scope) == {"b.weight": ["tied to a.weight"], "c.weight": ["shares its memory with a.weight"]}


def test_frozen_then_trained(tmp_path):
    net = model()
    net[0].requires_grad_(False)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with watched(net, optimizer, tmp_path) as scope:
        step(net, optimizer)
        assert scope["0.weight"].stats.step == 0
        net[0].requires_grad_(True)
        step(net, optimizer)
        assert scope["0.weight"].stats.step == 2
    assert gaps(scope)["0.weight"] == ["frozen: seen once"]


def test_ticks_instead_of_an_optimizer(tmp_path):
    net = model()
    with watched(net, None, tmp_path, gradients=True, updates=False) as scope:
        for i in range(3):
            net.zero_grad()
            loss_of(net).backward()
            with torch.no_grad():
                for parameter in net.parameters():
                    parameter -= 0.1 * parameter.grad
            scope.tick()
        assert scope.step == 3
        assert scope["0.weight.grad"].steps.tolist() == [1, 2, 3]
        scope.tick(10)
        with pytest.raises(furca.errors.StepError, match="rewind"):
            scope.tick(10)
        assert scope["0.weight"].steps.tolist() == [0, 1, 2, 3, 10]


def test_what_is_no_optimizer_is_refused(tmp_path):
    with pytest.raises(furca.errors.ArgumentError, match="scope.tick"):
        furca.watch(model(), object(), run=tmp_path / "a.furca")


def test_an_event_can_end_the_training(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    class Diverged(Exception):
        pass

    def stop(event):
        if event.kind == "nonfinite":
            raise Diverged(event.tensor)

    with watched(net, optimizer, tmp_path, on_event=stop):
        with pytest.raises(Diverged, match="0.weight"):
            for i in range(6):
                if i == 3:
                    net[0].weight.data[0, 0] = float("nan")
                step(net, optimizer)
        assert i == 3
