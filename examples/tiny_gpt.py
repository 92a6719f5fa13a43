"""Trains a small GPT on the text of Python's standard library, character by character, and watches how its parameters fork.

The lines about furca are those with `scope` in them; the rest is an ordinary training script, whose model is in gpt.py. `--help`
lists the options.
"""

import argparse
import math
import sys
import time
from pathlib import Path

import torch

import furca
from gpt import GPT, batch, library, loss_of, optimizer_of, text

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
options.add_argument("--run", default="runs/quickstart.furca", help="the run file")
options.add_argument("--steps", type=int, default=1000, help="updates of the parameters")
options.add_argument("--lr", type=float, default=1e-3, help="the highest learning rate")
options.add_argument("--warm-up", type=int, default=100, help="updates until the learning rate is at its highest")
options.add_argument("--budget", type=float, default=0.01, help="the share of the time that may go into watching")
options.add_argument("--seed", type=int, default=1, help="of the parameters and the batches")
options.add_argument("--checkpoints", type=Path, help="a folder for checkpoints, at steps 0, 1, 2, 4, 8, … and every 100th")
options = options.parse_args()

torch.manual_seed(options.seed)
torch.set_num_threads(1)  # The matrices are too small for more.


def learning_rate(step):
    """It rises along a line, then falls to a tenth on half a cosine."""
    return options.lr * min(1, step / options.warm_up) * (0.55 + 0.45 * math.cos(math.pi * step / options.steps))


# ---- What is printed ----------------------------------------------------------------------------------------------------


def progress(step, loss, began):
    """A bar on a terminal, a line now and then elsewhere."""
    done = step / options.steps
    left = (time.time() - began) * (1 / done - 1)
    line = f"{'█' * round(30 * done):·<30} step {step}/{options.steps}, loss {loss:.2f}, {left:.0f} s left"
    if sys.stdout.isatty():
        print(f"\r\033[K{line}", end="\n" if step == options.steps else "", flush=True)
    elif step % 100 == 0:
        print(line, flush=True)


def save(step):
    """A checkpoint, if they are wanted and it is time."""
    if options.checkpoints and (step & (step - 1) == 0 or step % 100 == 0):
        options.checkpoints.mkdir(parents=True, exist_ok=True)
        torch.save(model.state_dict(), options.checkpoints / f"step{step}.pt")


def tell(forks):
    """The forks of one step; of many that are alike, the first few."""
    for number, fork in enumerate(forks):
        alike = sum((other.kind, other.label) == (fork.kind, fork.label) for other in forks[:number])
        if alike == 3:
            rest = sum((other.kind, other.label) == (fork.kind, fork.label) for other in forks[number:])
            print(f"  … and {rest} more {fork.kind}s like these")
        elif alike < 3:
            print(f"\r\033[K  {fork}" if sys.stdout.isatty() else f"  {fork}", flush=True)


# ---- The training -------------------------------------------------------------------------------------------------------

model = GPT()
optimizer = optimizer_of(model, options.lr)
scope = furca.watch(model, optimizer, run=options.run, budget=options.budget)
print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(text):,} characters of {library}")
print("Ask about it meanwhile, from another terminal:")
print(f"  {sys.executable} -c 'import furca; print(*furca.open(\"{scope.path}\").forks(), sep=\"\\n\")'\n")

save(0)
began = time.time()
for step in range(1, options.steps + 1):
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(step)
    loss = loss_of(model, *batch())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    save(step)
    scope.log(loss=loss.item())
    tell(scope.new_forks())
    progress(step, loss.item(), began)

print()
scope.close()


# ---- The pictures, and what to do next ----------------------------------------------------------------------------------

run = furca.open(scope.path)


def depth(name):
    """How deeply a tensor is forked at the end, learned forks first: the dip, in a unit that fits any number of values."""
    tensor = run[name]
    learned = any(fork.label == "learned" for fork in run.forks(name))
    return len(tensor.branches()) > 1, learned, tensor.history("dip_tested")[-1] * math.sqrt(math.prod(tensor.shape))


deepest = sorted(run.tensors, key=depth, reverse=True)[:3]
print("\nGardens of the tensors that forked most:")
for name in deepest:
    picture = Path(scope.path).with_suffix(f".{name}.png")
    run.plot.garden(name, paths=True, save=picture)
    print(f"  {picture}")
print(f"""
Next:
  {sys.executable}
  >>> import furca; run = furca.open("{scope.path}")
  >>> run.forks()[-1]
  >>> run["{deepest[0]}"].branches()
  >>> run["lnf.bias"].history("kurtosis")
  >>> run.plot.garden("head.weight", save="head.png")
and read examples/tiny_gpt.py: watching is one line in it.""")
