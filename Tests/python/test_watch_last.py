"""The state in which a training ends is seen, however tight the budget was."""

import torch

import furca
from training import gaps, model, step


def trained(path, steps=40, **options):
    net = model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    scope = furca.watch(net, optimizer, run=path, **options)
    for _ in range(steps):
        step(net, optimizer)
    return net, optimizer, scope


def test_the_last_step_is_looked_at(tmp_path):
    net, _, scope = trained(tmp_path / "a.furca", every=1000)
    assert scope.session.stats(0).step == 16
    scope.close()
    run = furca.open(scope.path)
    for name, parameter in net.named_parameters():
        assert run[name].steps.tolist() == [*range(17), 40]
        assert run[name].sketch(40).stats.mean == furca.Sketch(parameter).stats.mean
    assert "40" in scope.report().splitlines()[0]


def test_the_budget_leaves_out_no_end(tmp_path):
    _, _, scope = trained(tmp_path / "a.furca", budget=1e-9)
    before = scope.session.summary()
    assert before["looks_left_out"] == 24
    scope.close()
    assert furca.open(scope.path)["0.weight"].steps[-1] == 40


def test_no_second_look_at_the_same_step(tmp_path):
    _, _, scope = trained(tmp_path / "a.furca", budget=0)
    scope.look()
    looks = scope.session.summary()["looks"]
    assert looks == 41
    scope.close()
    assert furca.open(scope.path)["0.weight"].steps.tolist() == list(range(41))


def test_a_look_when_it_is_wanted(tmp_path):
    _, _, scope = trained(tmp_path / "a.furca", every=1000)
    scope.look()
    assert scope["0.weight"].stats.step == 40
    scope.close()
    scope.look()


def test_parameters_that_are_not_those_of_the_last_step_any_more(tmp_path):
    """As when the best checkpoint is loaded before the run is closed."""
    net, _, scope = trained(tmp_path / "a.furca", every=1000)
    net.load_state_dict(model(seed=1).state_dict())
    scope.close()
    assert furca.open(scope.path)["0.weight"].steps[-1] == 16
    assert gaps(scope)["the last step"] == ["not looked at: parameters were written to between step 40 and the end"]


def test_a_model_that_is_gone(tmp_path, caplog):
    net, optimizer, scope = trained(tmp_path / "a.furca", every=1000)
    del net, optimizer
    assert scope.session.closed
    assert not any("gone" in reason for reasons in gaps(scope).values() for reason in reasons)
    assert caplog.text == ""


def test_a_training_that_ends_with_an_error(tmp_path):
    net = model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    try:
        with furca.watch(net, optimizer, run=tmp_path / "a.furca", every=1000) as scope:
            for _ in range(20):
                step(net, optimizer)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert furca.open(scope.path)["0.weight"].steps[-1] == 20


def test_events_of_the_last_look_are_told(tmp_path):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.0)
    heard = []
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", every=1000, on_event=heard.append):
        for _ in range(20):
            step(net, optimizer)
        net[0].weight.data[0, 0] = float("nan")
    assert [event.kind for event in heard] == ["nonfinite"] and heard[0].step == 20


def test_a_step_that_is_skipped_at_the_end_changes_nothing(tmp_path):
    net = model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, fused=True)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", every=1000) as scope:
        for _ in range(20):
            step(net, optimizer)
        optimizer.grad_scale, optimizer.found_inf = torch.tensor(1.0), torch.tensor(1.0)
        step(net, optimizer)
    assert furca.open(scope.path)["0.weight"].steps.tolist() == [*range(17), 20]
    assert "the last step" not in gaps(scope)
