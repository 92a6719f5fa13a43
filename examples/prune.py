"""Prunes a small GPT at several steps of its training, by thresholds that are read off the run file, and draws what it costs.

Magnitude pruning removes the elements that are nearest to zero. What it should cost is in the distribution alone: the energy that is
kept (the share of the sum of squares). What it does cost is measured here: the loss on passages that all models are asked about.
`--help` lists the options.
"""

import argparse
import copy
import math
from pathlib import Path

import matplotlib
import torch

import furca
from gpt import GPT, batch, loss_of, optimizer_of

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
options.add_argument("--run", default="runs/prune.furca", help="the run file")
options.add_argument("--steps", type=int, default=1000, help="updates of the parameters")
options.add_argument("--at", type=int, nargs="+", default=[16, 64, 250, 1000], help="steps at which the model is pruned")
options.add_argument("--sparsities", type=float, nargs="+", default=[0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
options.add_argument("--plot", default="runs/prune.png", help="the picture")
options = options.parse_args()

torch.manual_seed(1)
torch.set_num_threads(1)


# ---- The training, with a copy of the model now and then ------------------------------------------------------------------

model = GPT()
optimizer = optimizer_of(model)
kept = {}
with furca.watch(model, optimizer, run=options.run, budget=0) as scope:
    for step in range(1, options.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * (0.55 + 0.45 * math.cos(math.pi * step / options.steps))
        loss = loss_of(model, *batch())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scope.log(loss=loss.item())
        if step in options.at:
            kept[step] = copy.deepcopy(model)
            print(f"step {step}: loss {loss.item():.3f}", flush=True)


# ---- The pruning ----------------------------------------------------------------------------------------------------------

run = furca.open(scope.path)
torch.manual_seed(2)
passages = [batch() for _ in range(16)]


@torch.no_grad()
def measured(model):
    return sum(loss_of(model, *passage).item() for passage in passages) / len(passages)


def forked(step):
    """How many tensors have branches at a step."""
    return sum(len(run[name].branches(step)) > 1 for name in run.tensors)


print("\nmeasured loss, and the energy kept of head.weight, by the share removed of each matrix")
print(f"{'step':>6} {'forked':>7}" + "".join(f"{share:>16.0%}" for share in options.sparsities))
figure, axes = pyplot.subplots(figsize=(8, 4.5))
largest = 0.0
for shade, (step, trained) in enumerate(kept.items(), start=1):
    losses = []
    for share in options.sparsities:
        pruned = copy.deepcopy(trained)
        done = furca.prune(pruned, run, share, step=step)
        largest = max(largest, *(abs(one.sparsity - share) for one in done.values()))
        losses.append(measured(pruned))
    energies = run.sparsity("head.weight", step).energy(options.sparsities)
    cells = "".join(f"{loss:>9.3f} {energy:>5.0%} " for loss, energy in zip(losses, energies))
    print(f"{step:>6} {forked(step):>7}{cells}", flush=True)
    label = f"step {step}: {forked(step)} tensors forked"
    axes.plot(options.sparsities, losses, "o-", color=pyplot.cm.viridis(1 - shade / len(kept)), label=label)
print(f"\nThe share that was removed differs from the share asked for by {largest:.3%} at most.")

axes.set_xlabel("share of each matrix that is removed")
axes.set_ylabel("measured loss (nats per symbol)")
axes.legend(title="pruned at", frameon=False)
axes.spines[["top", "right"]].set_visible(False)
Path(options.plot).parent.mkdir(parents=True, exist_ok=True)
figure.savefig(options.plot, dpi=150, bbox_inches="tight")
print(options.plot)
