"""What watching a training costs, side by side in one process: no watch, Furca, wandb.watch, TensorBoard's histograms.

    Tests/watch-cost [--steps N] [--rounds N]

The model is that of examples/quickstart. Each way of watching sees every step of its own copy of the same training, the ways take
turns, and of the rounds the median counts. Prints a Markdown table.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch.utils.tensorboard import SummaryWriter

import furca

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
from gpt import GPT, batch, loss_of, optimizer_of  # noqa: E402

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("--steps", type=int, default=12, help="of a round")
options.add_argument("--rounds", type=int, default=5)
options = options.parse_args()

os.environ["WANDB_SILENT"] = "true"
import wandb  # noqa: E402

torch.set_num_threads(1)
folder = Path(tempfile.mkdtemp())


class Nothing:
    def __init__(self, model, optimizer):
        pass

    def after_step(self, step, model):
        pass

    def close(self):
        pass


class Furca(Nothing):
    """Every step, with the fork tests and the run file."""

    options = {}

    def __init__(self, model, optimizer):
        self.scope = furca.watch(model, optimizer, run=Path(tempfile.mkdtemp(dir=folder)) / "a.furca", budget=0, **self.options)

    def close(self):
        self.scope.close(report=False)


class FurcaWithGradients(Furca):
    options = {"gradients": True}


class Wandb(Nothing):
    """Parameters and gradients, every step, offline."""

    def __init__(self, model, optimizer):
        self.run = wandb.init(mode="offline", dir=folder, project="cost")
        self.run.watch(model, log="all", log_freq=1)

    def after_step(self, step, model):
        self.run.log({"step": step})

    def close(self):
        self.run.unwatch()
        self.run.finish()


class TensorBoard(Nothing):
    """add_histogram of each parameter at every step."""

    def __init__(self, model, optimizer):
        self.writer = SummaryWriter(folder / "tensorboard")

    def after_step(self, step, model):
        for name, parameter in model.named_parameters():
            self.writer.add_histogram(name, parameter, step)

    def close(self):
        self.writer.close()


WAYS = {
    "nothing": Nothing,
    "`furca.watch(model, optimizer)`": Furca,
    "`furca.watch(…, gradients=True)`": FurcaWithGradients,
    "TensorBoard `add_histogram`": TensorBoard,
    '`wandb.watch(model, log="all", log_freq=1)`, offline': Wandb,
}


def seconds_per_step(way):
    torch.manual_seed(1)
    model = GPT()
    optimizer = optimizer_of(model)
    watching = way(model, optimizer)
    times = []
    for step in range(options.steps):
        passages = batch()
        began = time.perf_counter()
        loss = loss_of(model, *passages)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        watching.after_step(step, model)
        times.append(time.perf_counter() - began)
    watching.close()
    return statistics.median(times[1:])


found = {name: [] for name in WAYS}
for turn in range(options.rounds):
    for name, way in WAYS.items():
        found[name].append(seconds_per_step(way))
        print(f"\rround {turn + 1} of {options.rounds}: {name:60}", end="", file=sys.stderr, flush=True)
print(file=sys.stderr)

medians = {name: statistics.median(times) for name, times in found.items()}
bare = medians["nothing"]
watch = medians["`furca.watch(model, optimizer)`"] - bare
print("| every step is watched by | ms per step | it adds | times what Furca adds |")
print("| --- | --- | --- | --- |")
for name, seconds in medians.items():
    added = seconds - bare
    cells = ("", "") if name == "nothing" else (f"{added * 1e3:.1f} ms, {added / bare:.0%}", f"{added / watch:.1f}")
    print(f"| {name} | {seconds * 1e3:.1f} | {cells[0]} | {cells[1]} |")
