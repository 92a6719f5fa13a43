"""Watching changes neither the model nor the optimizer nor what training makes of them."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from models import make, train

import furca


def saved(thing: object) -> bytes:
    file = io.BytesIO()
    torch.save(thing, file)
    return file.getvalue()


def test_torch_save_writes_the_same_bytes(tmp_path: Path) -> None:
    plain, watched = make(), make()
    furca.watch(*watched, run=tmp_path / "a.furca")
    for model, optimizer in (plain, watched):
        torch.manual_seed(1)
        train(model, optimizer, 3)
    for one, other in zip(plain, watched):
        assert saved(one.state_dict()) == saved(other.state_dict())
        assert saved(one) == saved(other)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_a_copy_is_whole_and_not_watched(duplicate, tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    train(model, optimizer, 2)
    model_copy, optimizer_copy = duplicate((model, optimizer))
    torch.manual_seed(5)
    losses = train(model, optimizer, 3)
    assert scope.step == 5
    torch.manual_seed(5)
    assert train(model_copy, optimizer_copy, 3) == losses
    assert scope.step == 5
    assert scope["first.weight"].sketch().to_bytes() == furca.Sketch(model.first.weight).to_bytes()


class Careless(torch.optim.SGD):
    """An optimizer that pickles all it has, hooks included."""

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_a_copy_with_all_its_hooks_is_not_watched(duplicate, tmp_path: Path) -> None:
    model = torch.nn.Linear(3, 3)
    optimizer = Careless(model.parameters(), lr=0.1)
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    other = duplicate(optimizer)
    other.step()
    assert scope.step == 0
    optimizer.step()
    assert scope.step == 1


def test_training_is_the_same_to_the_bit(tmp_path: Path) -> None:
    def run(watch: bool) -> tuple[list[float], bytes]:
        model, optimizer = make(seed=3)
        if watch:
            furca.watch(model, optimizer, run=tmp_path / "a.furca", budget=0)
        losses = train(model, optimizer, 60)
        state = torch.get_rng_state().numpy().tobytes(), np.random.get_state()[1].tobytes()
        return losses, saved(model.state_dict()) + saved(optimizer.state_dict()) + b"".join(state)

    assert run(watch=False) == run(watch=True)


def test_the_model_and_the_optimizer_are_not_kept_alive(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    train(model, optimizer)
    parameters = [weakref.ref(parameter) for parameter in model.parameters()]
    references = [weakref.ref(model), weakref.ref(optimizer), *parameters]
    del model, optimizer
    gc.collect()
    assert [reference() for reference in references] == [None] * len(references)
    assert scope.session.closed
    assert furca.open(tmp_path / "a.furca").facts["finished"] == "yes"


def test_nothing_hangs_on_the_model(tmp_path: Path) -> None:
    model, optimizer = make()
    before = {key for module in model.modules() for key in vars(module)}
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    assert {key for module in model.modules() for key in vars(module)} == before
    for module in model.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks and not module._backward_hooks
    assert len(optimizer._optimizer_step_post_hooks) == 1
    scope.close()
    assert len(optimizer._optimizer_step_post_hooks) == 0


def test_a_step_returns_what_it_returned_and_takes_a_closure(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    assert optimizer.step(lambda: 3.5) == 3.5
    assert scope.step == 1


def test_learning_rate_schedulers_and_gradient_scaling(tmp_path: Path) -> None:
    model, optimizer = make()
    scope = furca.watch(model, optimizer, run=tmp_path / "a.furca")
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    scaler = torch.amp.GradScaler("cpu")
    for _ in range(3):
        loss = sum(parameter.square().sum() for parameter in model.parameters())
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
    assert scope.step == 3
