"""The callback for Hugging Face's Trainer, in the real Trainer, on a real small GPT-2."""

import numpy as np
import pytest
import torch

transformers = pytest.importorskip("transformers", reason="needs furca[integrations]")
pytest.importorskip("accelerate", reason="transformers' Trainer needs accelerate: furca[integrations]")

import furca  # noqa: E402
from furca.integrations.transformers import FurcaCallback  # noqa: E402


class Texts(torch.utils.data.Dataset):
    def __len__(self):
        return 64

    def __getitem__(self, index):
        ids = torch.randint(0, 64, (16,), generator=torch.Generator().manual_seed(index))
        return {"input_ids": ids, "labels": ids}


def trainer(folder, callbacks, steps=8, **arguments):
    transformers.set_seed(0)
    config = transformers.GPT2Config(vocab_size=64, n_positions=16, n_embd=32, n_layer=2, n_head=2)
    options = dict(
        output_dir=str(folder), max_steps=steps, per_device_train_batch_size=4, learning_rate=1e-3, logging_steps=2,
        use_cpu=True, report_to=[], disable_tqdm=True, save_steps=4,
    )
    return transformers.Trainer(
        transformers.GPT2LMHeadModel(config),
        transformers.TrainingArguments(**{**options, **arguments}),
        train_dataset=Texts(),
        eval_dataset=Texts(),
        callbacks=callbacks,
    )


def test_a_training_is_watched_and_logged(tmp_path):
    callback = FurcaCallback(tmp_path / "a.furca", budget=0, gradients=True)
    training = trainer(tmp_path / "out", [callback], gradient_accumulation_steps=2)
    training.train()
    with furca.open(callback.scope.path) as run:
        name = "transformer.h.0.attn.c_attn.weight"
        assert run[name].steps.tolist() == list(range(9))
        final = dict(training.model.named_parameters())[name].detach().double()
        assert run[name].stats().l2 == pytest.approx(float(final.norm()), rel=1e-9)
        assert run[f"{name}.grad"].steps.tolist() == list(range(1, 9))
        assert run.metrics["loss"].steps.tolist() == [2, 4, 6, 8]
        logged = [entry["loss"] for entry in training.state.log_history if "loss" in entry]
        assert np.array_equal(run.metrics["loss"].values, logged)
        assert ("lm_head.weight", "tied to transformer.wte.weight") in run.gaps
        assert any(fork.kind == "split" and fork.label == "optimizer" for fork in run.forks())


def test_checkpoints_are_unaffected_and_a_resumed_run_goes_on(tmp_path):
    plain = trainer(tmp_path / "plain", [])
    plain.train()
    callback = FurcaCallback(tmp_path / "a.furca", budget=0)
    watched = trainer(tmp_path / "watched", [callback])
    watched.train()
    for (name, one), (_, other) in zip(plain.model.named_parameters(), watched.model.named_parameters()):
        assert torch.equal(one, other), name
    for file in ("optimizer.pt", "trainer_state.json"):
        assert (tmp_path / "watched" / "checkpoint-4" / file).is_file()
    states = [torch.load(tmp_path / which / "checkpoint-4" / "optimizer.pt") for which in ("plain", "watched")]
    assert states[0].keys() == states[1].keys()

    before = furca.open(callback.scope.path)["transformer.h.0.attn.c_attn.weight"].stats()
    again = FurcaCallback(tmp_path / "a.furca", budget=0)
    resumed = trainer(tmp_path / "watched", [again])
    resumed.train(resume_from_checkpoint=str(tmp_path / "watched" / "checkpoint-4"))
    assert again.scope.path == callback.scope.path
    with furca.open(again.scope.path) as run:
        name = "transformer.h.0.attn.c_attn.weight"
        assert run[name].steps.tolist() == list(range(9))
        assert run[name].stats().l2 == before.l2
        assert run.facts["resumed"] == "1"
        assert [row.step for row in run.sql("select step from rewinds")] == [4]


def test_an_event_ends_the_training(tmp_path):
    callback = FurcaCallback(tmp_path / "a.furca", budget=0, stop_on="nonfinite")
    training = trainer(tmp_path / "out", [callback])

    class Poison(transformers.TrainerCallback):
        def on_step_end(self, args, state, control, model=None, **_):
            if state.global_step == 2:
                model.transformer.ln_f.bias.data[0] = float("nan")

    training.add_callback(Poison())
    training.train()
    assert training.state.global_step == 3
    assert any(event.kind == "nonfinite" and event.step == 3 for event in callback.scope.forks())


def test_the_last_state_is_seen_though_another_is_loaded(tmp_path):
    """With load_best_model_at_end the model has other parameters when the training ends."""
    callback = FurcaCallback(tmp_path / "a.furca", every=1000)
    training = trainer(
        tmp_path / "out", [callback], steps=20, eval_strategy="steps", eval_steps=10, save_steps=10, load_best_model_at_end=True,
        metric_for_best_model="loss", greater_is_better=True,
    )
    last = {}

    class Keep(transformers.TrainerCallback):
        def on_step_end(self, args, state, control, model=None, **_):
            last.update({name: furca.Sketch(parameter).stats.l2 for name, parameter in model.named_parameters()})

    training.add_callback(Keep())
    training.train()
    assert training.state.best_global_step == 10, "the model that is loaded is not the last one"
    with furca.open(callback.scope.path) as run:
        name = "transformer.h.0.attn.c_attn.weight"
        assert run[name].steps.tolist() == [*range(17), 20]
        assert run[name].stats().l2 == last[name]
        assert all("written to" not in gap.reason for gap in run.gaps)
