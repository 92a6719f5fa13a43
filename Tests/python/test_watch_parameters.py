"""Which parameters are watched, under which names."""

from __future__ import annotations

import dataclasses
import gc
import logging
from pathlib import Path

import pytest
import torch
from models import NAMES, TwoLayers, make, train
from test_arrays import OnCUDA

import furca
from furca.errors import ArgumentError


def gaps(scope: furca.Scope) -> dict[str, str]:
    return {gap.name: gap.reason for gap in scope.run.gaps}


def test_names_are_those_of_named_parameters_tied_ones_once(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    assert scope.tensors == list(scope) == NAMES == [name for name, _ in model.named_parameters()]
    assert gaps(scope) == {"head.weight": "tied to embedding.weight"}


def test_a_look_sees_the_parameters_as_they_are(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    for _ in range(5):
        for name, parameter in model.named_parameters():
            expected = dataclasses.replace(furca.Sketch(parameter).stats, step=scope.step)
            assert repr(scope[name].stats) == repr(expected)
            assert scope[name].quantile(0.3) == furca.Sketch(parameter).quantile(0.3)
        train(model, optimizer)


@pytest.mark.parametrize(
    "include, exclude, expected",
    [
        ("*.bias", None, ["first.bias", "norm.bias", "second.bias"]),
        (["first.*", "norm.weight"], None, ["first.weight", "first.bias", "norm.weight"]),
        (None, "*.weight", ["first.bias", "norm.bias", "second.bias"]),
        ("*.bias", ["norm.*", "second.*"], ["first.bias"]),
        (None, [], NAMES),
    ],
)
def test_include_and_exclude(include, exclude, expected, tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca", include=include, exclude=exclude)
    assert scope.tensors == expected
    reasons = gaps(scope)
    assert reasons.keys() == set(NAMES) - set(expected) | {"head.weight"}
    assert set(reasons.values()) <= {"left out by include", "left out by exclude", "tied to embedding.weight"}


def test_nothing_to_watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model, optimizer = make()
    with pytest.raises(ArgumentError, match="include and exclude leave nothing to watch of the model's 8 parameters"):
        furca.watch(model, optimizer, include="transformer.*")
    with pytest.raises(ArgumentError, match="no parameters to watch"):
        furca.watch(torch.nn.ReLU(), optimizer)
    with pytest.raises(ArgumentError, match="TwoLayers is no torch optimizer"):
        furca.watch(model, model)
    with pytest.raises(ArgumentError, match="AdamW is no torch.nn.Module"):
        furca.watch(optimizer, model)
    with pytest.raises(ArgumentError, match="every is 0"):
        furca.watch(model, optimizer, every=0)
    assert not Path("runs").exists()


def test_a_frozen_parameter_is_seen_once(tmp_path: Path) -> None:
    model, optimizer = make()
    model.first.weight.requires_grad_(False)
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    train(model, optimizer, 3)
    assert scope["first.weight"].steps.tolist() == [0]
    assert scope["first.bias"].steps.tolist() == [0, 1, 2, 3]
    assert scope.run["first.weight"].frozen and not scope.run["first.bias"].frozen
    assert gaps(scope)["first.weight"] == "frozen: seen once"
    # Trained from now on, so it is seen from now on.
    model.first.weight.requires_grad_(True)
    train(model, optimizer, 2)
    assert scope["first.weight"].steps.tolist() == [0, 4, 5]


def test_parameters_that_cannot_be_read_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model, optimizer = make()
    model.extra = torch.nn.ParameterDict(
        {
            "meta": torch.nn.Parameter(torch.empty(3, device="meta")),
            "complex": torch.nn.Parameter(torch.zeros(3, dtype=torch.complex64)),
            "whole": torch.nn.Parameter(torch.zeros(3, dtype=torch.int16), requires_grad=False),
            "sparse": torch.nn.Parameter(torch.eye(3).to_sparse()),
            "gpu": torch.nn.Parameter(torch.zeros(3).as_subclass(OnCUDA)),
        }
    )
    with caplog.at_level(logging.WARNING, "furca"):
        scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    train(model, optimizer, 2)
    assert scope.tensors == NAMES
    found = gaps(scope)
    assert "meta device" in found["extra.meta"] and "on cuda:0" in found["extra.gpu"]
    assert "complex64" in found["extra.complex"] and "int16" in found["extra.whole"]
    assert "sparse_coo" in found["extra.sparse"]
    for name in model.extra:
        assert f"extra.{name} is not watched" in caplog.text
        assert f"extra.{name}" in scope.report()


def test_parameters_with_gaps_are_read_through_their_strides(tmp_path: Path) -> None:
    model = torch.nn.Module()
    model.slice = torch.nn.Parameter(torch.randn(40, 60)[:, ::2])
    model.whole = torch.nn.Parameter(torch.randn(40, 60).T)
    model.spread = torch.nn.Parameter(torch.randn(7).expand(5, 7))
    optimizer = torch.optim.SGD([model.slice, model.whole], lr=0.1)
    with furca.watch(model, optimizer, run=tmp_path / "a.furca", gradients=True, updates=True, budget=0) as scope:
        for _ in range(2):
            optimizer.zero_grad()
            (model.slice.square().sum() + model.whole.square().sum()).backward()
            optimizer.step()
            for name in ("slice", "whole", "spread"):
                expected = furca.Sketch(getattr(model, name).detach().contiguous())
                assert scope[name].sketch().to_bytes() == expected.to_bytes(), name
        model.slice.data = model.slice.detach().contiguous()
        scope.tick(3)
        assert scope["slice"].sketch().to_bytes() == furca.Sketch(model.slice).to_bytes()
        assert scope["slice"].stats.step == 3
    assert all("memory" not in reason for reasons in gaps(scope).values() for reason in reasons)


def test_the_report_names_each_parameter_that_is_not_watched(tmp_path: Path) -> None:
    model = torch.nn.ModuleDict(
        {
            "blocks": torch.nn.ModuleList(torch.nn.Linear(3, 3) for _ in range(30)),
            "odd": torch.nn.ParameterDict({f"n{chr(97 + i)}": torch.nn.Parameter(torch.zeros(2, dtype=torch.cfloat)) for i in range(20)}),
            "lazy": torch.nn.LazyLinear(3),
            "head": torch.nn.Linear(3, 3),
        }
    )
    for parameter in model["blocks"].parameters():
        parameter.requires_grad = False
    optimizer = torch.optim.SGD(model["head"].parameters(), lr=0.1)
    with furca.watch(model, optimizer, run=tmp_path / "a.furca", exclude="head.bias") as scope:
        pass
    report = scope.report()
    odd = ", ".join(f"odd.n{chr(97 + i)}" for i in range(20))
    for line in ("blocks.{0…29}.weight: frozen: seen once", "blocks.{0…29}.bias: frozen: seen once", f"{odd}: its dtype is complex64"):
        assert line in report
    for line in ("head.bias: left out by exclude", "lazy.weight: its shape was never known", "lazy.bias: its shape was never known"):
        assert line in report


def test_none_can_be_read() -> None:
    model = torch.nn.Linear(3, 3, device="meta")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ArgumentError, match="none .* can be watched; the first is weight: it is on the meta device"):
        furca.watch(model, optimizer)


def test_every_dtype_a_model_can_have(tmp_path: Path) -> None:
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
        model = torch.nn.Linear(4, 4, dtype=dtype)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scope = furca.watch(model, optimizer, run=tmp_path / f"{dtype}.furca")
        assert scope.run["weight"].dtype == str(dtype).removeprefix("torch.")
        assert scope["weight"].sketch().to_bytes() == furca.Sketch(model.weight).to_bytes()


def test_channels_last_weights(tmp_path: Path) -> None:
    model = torch.nn.Conv2d(3, 5, 3).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    assert scope["weight"].stats.mean == pytest.approx(model.weight.double().mean().item())


def test_the_names_that_wrappers_add_are_left_out(tmp_path: Path) -> None:
    for number, wrap in enumerate((torch.nn.DataParallel, lambda model: torch.compile(model, backend="eager"))):
        model, optimizer = make()
        scope = furca.watch(wrap(model), optimizer, run=tmp_path / f"{number}.furca")
        assert scope.tensors == NAMES


def test_parameters_of_another_model_are_a_gap(tmp_path: Path) -> None:
    model, other = TwoLayers(), torch.nn.Linear(3, 3)
    optimizer = torch.optim.SGD([*model.parameters(), *other.parameters()], lr=0.1)
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    assert gaps(scope)["optimizer"] == "2 of the 9 parameters it trains are not the model's"


def test_unknown_names(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    with pytest.raises(KeyError, match="'first.weigth' is watched; did you mean 'first.weight'"):
        scope["first.weigth"]
    with pytest.raises(KeyError, match=r"'x' is watched; list\(scope\) has all names"):
        scope["x"]


def test_parameters_that_move_are_followed(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    train(model, optimizer, 2)
    before = model.first.weight.data
    model.first.weight.data = torch.full((16, 8), 7.0)
    optimizer.zero_grad()
    optimizer.step()
    assert before.data_ptr() != model.first.weight.data_ptr()
    assert scope["first.weight"].stats.mean == 7


def test_a_parameter_that_can_no_longer_be_read_is_left_and_the_rest_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    train(model, optimizer, 2)
    model.second.weight.data = model.second.weight.data.double()
    model.second.bias.data = torch.zeros(9)
    del model.norm
    optimizer.param_groups[0]["params"] = list(model.parameters())
    optimizer.zero_grad()
    optimizer.state.clear()
    gc.collect()
    with caplog.at_level(logging.WARNING, "furca"):
        optimizer.step()
    found = gaps(scope)
    assert found["second.weight"] == "watched until step 2: its dtype changed from float32 to float64"
    assert found["second.bias"] == "watched until step 2: its shape changed from (8,) to (9,)"
    assert found["norm.bias"].startswith("watched until step 2: it is gone")
    assert "second.weight" in caplog.text
    optimizer.step()
    assert scope["first.bias"].steps.tolist() == [0, 1, 2, 3, 4]
    assert scope["second.bias"].steps.tolist() == [0, 1, 2]
