"""Parameters on a GPU, with a stand-in for torch.cuda: what is seen, in which order the device does it, and that nobody waits."""

from __future__ import annotations

import pytest
import torch

import furca
import fake_cuda
from fake_cuda import on_device
from furca.devices import lanes, placement, readings
from sketch_bytes import read
from training import gaps

#: Bytes: as many as tensors have that are kept exactly, so that larger ones are counted on the device.
COPIED = 4 * 4096

COMPANIONS = dict(gradients=True, optimizer_state=True, updates=True)


def net() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(8, 5000), torch.nn.LayerNorm(5000), torch.nn.GELU(), torch.nn.Linear(5000, 1))


def adam(model: torch.nn.Module) -> torch.optim.Optimizer:
    """Fused, for the others ask for the number of the step, which they keep in the CPU's memory."""
    return torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)


def sgd(model: torch.nn.Module, foreach: bool) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9, weight_decay=0.1, foreach=foreach)


def train(model, optimizer, steps=4, *, cuda=None, set_to_none=True):
    """Never asks for a value. The device goes on by one tick per step."""
    torch.manual_seed(1)
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=set_to_none)
        model(torch.randn(4, 8)).square().mean().backward()
        optimizer.step()
        if cuda is not None:
            cuda.time += 1


def in_memory(path, steps=4, **options) -> furca.Run:
    model = net()
    optimizer = adam(model)
    with furca.watch(model, optimizer, run=path, budget=0, **options):
        train(model, optimizer, steps)
    return furca.open(path)


def on_fake(path, monkeypatch, steps=4, latency=0, copied=COPIED, make=adam, set_to_none=True, **options):
    model = net()
    optimizer = make(model)
    with on_device(monkeypatch, latency, copied) as cuda:
        scope = furca.watch(model, optimizer, run=path, budget=0, **options)
        waits = cuda.waits
        cuda.note(**{name.replace(".", "_"): p for name, p in model.named_parameters()})
        with cuda:
            train(model, optimizer, steps, cuda=cuda, set_to_none=set_to_none)
        assert cuda.waits == waits, "the training waited for the device"
        scope.close()
    return furca.open(path), cuda, scope


def same(run: furca.Run, other: furca.Run, *, exactly: bool) -> None:
    assert run.tensors == other.tensors
    for name in run.tensors:
        mine, theirs = run[name], other[name]
        assert mine.steps.tolist() == theirs.steps.tolist(), name
        for statistic in ("count", "nan", "zeros", "min", "max"):
            assert mine.history(statistic).tolist() == theirs.history(statistic).tolist(), (name, statistic)
        # In memory the mean is good to 6e-8 of the standard deviation.
        assert (abs(mine.history("mean") - theirs.history("mean")) <= 1e-7 * theirs.history("std") + 1e-12).all(), name
        for statistic in ("std", "l1", "l2"):
            assert mine.history(statistic) == pytest.approx(theirs.history(statistic), rel=1e-6, abs=1e-9), (name, statistic)
        for step in mine.sketch_steps.tolist():
            a, b = read(mine.sketch(step).to_bytes()), read(theirs.sketch(step).to_bytes())
            assert a.histogram == b.histogram and a.centred == b.centred, (name, step)
            if exactly:
                assert (a.values is None) == (b.values is None)
                assert a.values is None or a.values.tobytes() == b.values.tobytes()
    events = [(e.step, e.tensor, e.kind, e.label, e.onset, len(e.branches)) for e in run.forks()]
    assert sorted(events) == sorted((e.step, e.tensor, e.kind, e.label, e.onset, len(e.branches)) for e in other.forks())


def test_the_run_is_that_of_parameters_in_memory(tmp_path, monkeypatch):
    expected = in_memory(tmp_path / "memory.furca")
    run, cuda, scope = on_fake(tmp_path / "device.furca", monkeypatch)
    same(run, expected, exactly=True)
    assert gaps(scope) == {
        "cpu": [
            "of its tensors 5 counted there and 1 copied on a stream beside the training, in 2.5 ms of the device's time; "
            "of those counted there no elements are followed, nor is it known whether forks run along rows or columns"
        ]
    }
    assert expected.forks("1.weight"), "nothing forked, so little was compared"
    assert "scatter_add_" in cuda.launched_beside and "cat" in cuda.launched_beside


def test_with_gradients_optimizer_state_and_updates(tmp_path, monkeypatch):
    expected = in_memory(tmp_path / "memory.furca", **COMPANIONS)
    run, _, _ = on_fake(tmp_path / "device.furca", monkeypatch, **COMPANIONS)
    same(run, expected, exactly=True)
    for name, series in expected.metrics.items():
        assert run.metrics[name].steps.tolist() == series.steps.tolist()
        assert run.metrics[name].values == pytest.approx(series.values, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("make", [adam, lambda model: sgd(model, True), lambda model: sgd(model, False)])
def test_no_optimizer_writes_what_is_being_read(tmp_path, monkeypatch, make):
    """Races are found by the stand-in: see `on_device`."""
    _, cuda, _ = on_fake(
        tmp_path / "a.furca", monkeypatch, latency=2, make=make, set_to_none=False, **COMPANIONS
    )
    assert cuda.launched_beside and cuda.kept


def test_the_stand_in_finds_races(tmp_path, monkeypatch):
    """Or the tests above would show nothing: without the waiting of one stream for the other there are some."""
    with monkeypatch.context() as patch:
        patch.setattr(readings.Readings, "hold_writes", lambda self: None)
        with pytest.raises(AssertionError, match="0_weight: .* on training against work on side 1"):
            on_fake(tmp_path / "a.furca", monkeypatch)
    monkeypatch.setattr(fake_cuda.Stream, "wait_stream", lambda self, other: None)
    with pytest.raises(AssertionError, match=": .* on side 1 against work on training"):
        on_fake(tmp_path / "b.furca", monkeypatch)


def test_the_stand_in_finds_what_would_wait(monkeypatch):
    with on_device(monkeypatch) as cuda, cuda:
        for ask in (float, bool, torch.Tensor.item, torch.Tensor.tolist, torch.Tensor.cpu, torch.Tensor.numpy):
            with pytest.raises(AssertionError, match="makes the CPU wait"):
                ask(torch.ones(1))
        with pytest.raises(AssertionError, match="synchronised"):
            torch.cuda.synchronize()


def test_looks_arrive_later_at_their_own_steps(tmp_path, monkeypatch):
    model = net()
    optimizer = adam(model)
    with on_device(monkeypatch, latency=2, copied=COPIED) as cuda:
        with furca.watch(model, optimizer, run=tmp_path / "a.furca", budget=0) as scope:
            assert scope["0.weight"].stats.step == 0, "the first look is waited for: the training has yet to begin"
            seen = []
            for _ in range(5):
                train(model, optimizer, 1, cuda=cuda)
                seen.append(scope.session.stats(0).step)
            assert seen == [0, 0, 1, 2, 3]
            assert scope["0.weight"].steps.tolist() == [0, 1, 2, 3, 4, 5], "who asks for the run file waits for all"
            assert cuda.waits > 0


def test_a_device_that_is_far_behind_is_not_waited_for(tmp_path, monkeypatch):
    run, _, scope = on_fake(tmp_path / "a.furca", monkeypatch, steps=10, latency=1000)
    assert run["0.weight"].steps.tolist() == [0, 1, 2, 3, 4]
    assert gaps(scope)["looks"] == ["6 left out: the device had yet to read those at the 4 steps before"]
    assert scope.session.closed


def test_what_is_written_by_hand_meanwhile_is_dropped_then_held_up(tmp_path, monkeypatch):
    model = net()
    optimizer = adam(model)
    with on_device(monkeypatch, latency=1, copied=COPIED) as cuda:
        with furca.watch(model, optimizer, run=tmp_path / "a.furca", budget=0) as scope:
            for _ in range(4):
                train(model, optimizer, 1, cuda=cuda)
                with torch.no_grad():
                    model[0].weight.mul_(0.5)
    assert gaps(scope)["looks"] == [
        "1 dropped, the last at step 1: tensors were written to while they were read, by something else than the optimizer's "
        "step. Since then the device reads before it goes on"
    ]
    assert furca.open(scope.path)["0.weight"].steps.tolist() == [0, 2, 3, 4]


def test_no_optimizer_but_ticks(tmp_path, monkeypatch):
    model = net()
    with on_device(monkeypatch, latency=1, copied=COPIED) as cuda:
        with furca.watch(model, run=tmp_path / "a.furca", budget=0) as scope:
            cuda.note(weight=model[0].weight)
            with cuda:
                for _ in range(3):
                    with torch.no_grad():
                        model[0].weight.mul_(0.5)
                    scope.tick()
                    cuda.time += 1
    assert furca.open(scope.path)["0.weight"].steps.tolist() == [0, 1, 2, 3]
    assert "looks" not in gaps(scope)


def test_scaled_gradients_are_divided_on_the_device(tmp_path, monkeypatch):
    model = net()
    optimizer = adam(model)
    with on_device(monkeypatch, copied=COPIED):
        with furca.watch(model, optimizer, run=tmp_path / "a.furca", gradients=True, budget=0) as scope:
            (model(torch.randn(4, 8)).square().mean() * 1024).backward()
            norms = {name: float(p.grad.double().norm()) / 1024 for name, p in model.named_parameters()}
            optimizer.grad_scale, optimizer.found_inf = torch.tensor(1024.0), torch.tensor(0.0)
            optimizer.step()
    run = furca.open(scope.path)
    for name, norm in norms.items():
        assert run[f"{name}.grad"].history("l2")[0] == pytest.approx(norm, rel=1e-6)


def test_a_device_without_streams_is_copied_from(tmp_path, monkeypatch):
    """As MPS: there the copy waits, and the cost is counted."""
    expected = in_memory(tmp_path / "memory.furca", **COMPANIONS)
    monkeypatch.setattr(placement, "NO_DEVICES", ("meta",))
    assert isinstance(readings.lane_of(torch.device("mps")), lanes.Copying)
    model = net()
    optimizer = adam(model)
    with furca.watch(model, optimizer, run=tmp_path / "device.furca", budget=0, **COMPANIONS) as scope:
        train(model, optimizer)
        assert scope["0.weight"].stats.step == 4
    monkeypatch.undo()
    same(furca.open(scope.path), expected, exactly=True)


def test_a_model_that_moves_to_a_device(tmp_path, monkeypatch):
    model = net()
    optimizer = adam(model)
    with furca.watch(model, optimizer, run=tmp_path / "a.furca", budget=0, overlap=True) as scope:
        train(model, optimizer, 2)
        with on_device(monkeypatch, copied=COPIED) as cuda:
            train(model, optimizer, 3)
            assert "scatter_add_" in cuda.launched_beside or scope.session.stats(0).step >= 4
            scope.close()
    assert furca.open(scope.path)["0.weight"].steps.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_run_that_goes_on_knows_how_its_tensors_began(tmp_path, monkeypatch):
    """Gains that began at 1 are counted about 1 too, for the tests of their shape."""
    def both(path):
        model = net()
        optimizer = adam(model)
        with furca.watch(model, optimizer, run=path, budget=0):
            train(model, optimizer, 2)
        with furca.watch(model, optimizer, run=path, budget=0, resume=True):
            train(model, optimizer, 2)
        return furca.open(path)

    expected = both(tmp_path / "memory.furca")
    with on_device(monkeypatch, copied=COPIED):
        run = both(tmp_path / "device.furca")
    same(run, expected, exactly=True)
    assert read(run["1.weight"].sketch(4).to_bytes()).origin == 1.0
