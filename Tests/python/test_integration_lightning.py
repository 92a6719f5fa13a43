"""The callback for Lightning, in the real Trainer."""

import pytest
import torch

lightning = pytest.importorskip("lightning.pytorch", reason="needs furca[integrations]")

import furca  # noqa: E402
from furca.integrations.lightning import FurcaCallback  # noqa: E402
from training import model  # noqa: E402


class Module(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = model(width=128)
        self.poison_at = None

    def training_step(self, batch, index):
        if index == self.poison_at:
            self.net[1].bias.data[0] = float("nan")
        loss = self.net(batch).square().mean()
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-2)


class TurnTaking(Module):
    """Two optimizers, stepped by hand, as for a GAN."""

    automatic_optimization = False

    def training_step(self, batch, index):
        for optimizer in self.optimizers():
            optimizer.zero_grad()
            self.manual_backward(self.net(batch).square().mean())
            optimizer.step()

    def configure_optimizers(self):
        return torch.optim.SGD(self.net[0].parameters(), lr=0.1), torch.optim.Adam(self.net[3].parameters())


def fit(module, folder, callbacks, steps=8, checkpoint=None, **options):
    torch.manual_seed(1)
    data = torch.utils.data.DataLoader(torch.randn(64, 8), batch_size=4)
    trainer = lightning.Trainer(
        accelerator="cpu", max_steps=steps, default_root_dir=folder, callbacks=callbacks, logger=False,
        enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=2, **options
    )
    trainer.fit(module, data, ckpt_path=checkpoint)
    return trainer


def test_a_training_is_watched_and_logged(tmp_path):
    callback = FurcaCallback(tmp_path / "a.furca", budget=0, gradients=True)
    module = Module()
    fit(module, tmp_path, [callback])
    with furca.open(callback.scope.path) as run:
        assert run["net.0.weight"].steps.tolist() == list(range(9))
        assert run["net.0.weight.grad"].steps.tolist() == list(range(1, 9))
        assert run["net.0.weight"].stats().l2 == pytest.approx(float(module.net[0].weight.detach().double().norm()))
        assert run.metrics["loss"].steps.tolist() == [2, 4, 6, 8]
        assert any(fork.kind == "split" and fork.label == "optimizer" for fork in run.forks())


def test_accumulated_batches_make_one_step(tmp_path):
    callback = FurcaCallback(tmp_path / "a.furca", budget=0)
    fit(Module(), tmp_path, [callback], accumulate_grad_batches=4)
    assert callback.scope.step == 8


def test_two_optimizers(tmp_path):
    callback = FurcaCallback(tmp_path / "a.furca", budget=0, optimizer_state=True)
    fit(TurnTaking(), tmp_path, [callback])
    assert callback.scope.step == 4
    assert "net.3.weight.exp_avg" in callback.scope.tensors


def test_checkpoints_are_unaffected_and_a_resumed_run_goes_on(tmp_path):
    plain, watched = Module(), Module()
    fit(plain, tmp_path, [])
    callback = FurcaCallback(tmp_path / "a.furca", budget=0)
    trainer = fit(watched, tmp_path, [callback], steps=4)
    trainer.save_checkpoint(tmp_path / "four.ckpt")
    resumed = Module()
    again = FurcaCallback(tmp_path / "a.furca", budget=0)
    fit(resumed, tmp_path, [again], checkpoint=tmp_path / "four.ckpt")
    assert again.scope.path == callback.scope.path
    with furca.open(again.scope.path) as run:
        assert run["net.0.weight"].steps.tolist() == list(range(9))
        assert run.facts["resumed"] == "1"


def test_an_event_ends_the_training(tmp_path):
    callback = FurcaCallback(tmp_path / "a.furca", budget=0, stop_on="nonfinite")
    module = Module()
    module.poison_at = 2
    trainer = fit(module, tmp_path, [callback])
    assert trainer.global_step == 3


def test_the_run_is_complete_when_the_training_fails(tmp_path):
    class Failing(Module):
        def training_step(self, batch, index):
            if index == 3:
                raise ValueError("a bad batch")
            return super().training_step(batch, index)

    callback = FurcaCallback(tmp_path / "a.furca", budget=0)
    with pytest.raises(ValueError, match="a bad batch"):
        fit(Failing(), tmp_path, [callback])
    with furca.open(callback.scope.path) as run:
        assert run["net.0.weight"].steps.tolist() == [0, 1, 2, 3]
