"""Accelerate: what it prepares is watched, and what it logs is recorded."""

import pytest
import torch

accelerate = pytest.importorskip("accelerate", reason="needs furca[integrations]")

import furca  # noqa: E402
from furca.integrations.accelerate import FurcaTracker  # noqa: E402
from training import model  # noqa: E402


@pytest.mark.parametrize("precision", ["no", "bf16"])
def test_a_prepared_training_is_watched_and_logged(tmp_path, precision):
    accelerate.state.AcceleratorState._reset_state(True)
    accelerator = accelerate.Accelerator(cpu=True, mixed_precision=precision, gradient_accumulation_steps=2)
    net = model(width=128)
    data = torch.utils.data.DataLoader(torch.randn(64, 8), batch_size=4)
    net, optimizer, data = accelerator.prepare(net, torch.optim.AdamW(net.parameters(), lr=1e-2), data)
    scope = furca.watch(net, optimizer, run=tmp_path / "a.furca", gradients=True, budget=0)
    accelerator.trackers.append(FurcaTracker(scope))
    for batch in data:
        with accelerator.accumulate(net):
            loss = net(batch).square().mean()
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
        accelerator.log({"loss": loss, "comment": "text is left out"})
    accelerator.save_state(str(tmp_path / "state"))
    accelerator.load_state(str(tmp_path / "state"))
    accelerator.end_training()
    with furca.open(scope.path) as run:
        assert run["0.weight"].steps.tolist() == list(range(9))
        assert run["0.weight.grad"].steps.tolist() == list(range(1, 9))
        assert list(run.metrics) == ["loss"] and len(run.metrics["loss"].steps) == 16
        assert any(fork.kind == "split" and fork.label == "optimizer" for fork in run.forks())
