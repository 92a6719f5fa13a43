"""Trains a small GPT on the text of Python's standard library, character by character, and watches how its parameters fork.

The lines about furca are those with `scope` in them; the rest is an ordinary training script. `--help` lists the options.
"""

import argparse
import math
import sys
import sysconfig
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

import furca

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
options.add_argument("--run", default="runs/quickstart.furca", help="the run file")
options.add_argument("--steps", type=int, default=1000, help="updates of the parameters")
options.add_argument("--lr", type=float, default=1e-3, help="learning rate at the beginning; it falls to a tenth on half a cosine")
options.add_argument("--seed", type=int, default=1, help="of the parameters and the batches")
options.add_argument("--checkpoints", type=Path, help="a folder for checkpoints, at steps 0, 1, 2, 4, 8, … and every 100th")
options = options.parse_args()

width, heads, layers = 128, 4, 4
context, batch_size = 64, 8
torch.manual_seed(options.seed)
torch.set_num_threads(1)  # The matrices are too small for more.


# ---- The text: a tensor of symbols --------------------------------------------------------------------------------------

library = Path(sysconfig.get_path("stdlib"))
files = [path for path in sorted(library.rglob("*.py")) if not {"site-packages", "dist-packages", "test"} & set(path.parts)]
text = torch.frombuffer(bytearray(b"".join(path.read_bytes() for path in files)), dtype=torch.uint8).int()
if len(text) < 1_000_000:
    sys.exit(f"the text of the standard library is not in {library}: this Python came without it")

common = torch.bincount(text, minlength=256) >= len(text) // 1_000_000
symbols = int(common.sum()) + 1  # Bytes as rare as one in a million share symbol 0.
text = torch.where(common, common.cumsum(0), 0)[text]


# ---- The model ----------------------------------------------------------------------------------------------------------


class Block(nn.Module):
    """Attention to the symbols before, then a perceptron; both add to what passes by."""

    def __init__(self):
        super().__init__()
        self.ln1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.ln2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        q, k, v = self.qkv(self.ln1(x)).unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
        heard = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(heard.transpose(1, 2).flatten(2))
        return x + self.down(F.gelu(self.up(self.ln2(x))))


class GPT(nn.Module):
    """Symbols in, logits of the symbol that follows each out."""

    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(symbols, width)
        self.position = nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block() for _ in range(layers)))
        self.lnf = nn.LayerNorm(width)
        self.head = nn.Linear(width, symbols, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, symbols):
        return self.head(self.lnf(self.blocks(self.token(symbols) + self.position.weight)))


def batch():
    """Random passages, and the same passages one symbol later."""
    starts = torch.randint(len(text) - context, (batch_size, 1))
    passages = text[starts + torch.arange(context + 1)]
    return passages[:, :-1], passages[:, 1:]


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
optimizer = torch.optim.AdamW(model.parameters(), lr=options.lr, betas=(0.9, 0.95), weight_decay=0.1)
scope = furca.watch(model, optimizer, run=options.run)
print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(text):,} characters of {library}")
print("Ask about it meanwhile, from another terminal:")
print(f"  {sys.executable} -c 'import furca; print(*furca.open(\"{scope.path}\").forks(), sep=\"\\n\")'\n")

save(0)
began = time.time()
for step in range(1, options.steps + 1):
    for group in optimizer.param_groups:
        group["lr"] = options.lr * (0.55 + 0.45 * math.cos(math.pi * step / options.steps))
    symbols_in, symbols_next = batch()
    loss = F.cross_entropy(model(symbols_in).flatten(0, 1), symbols_next.flatten())
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
    """How deeply a tensor is forked at the end: the dip, in the unit in which it does not depend on the number of values."""
    tensor = run[name]
    return tensor.history("dip_tested")[-1] * math.sqrt(math.prod(tensor.shape)) if len(tensor.branches()) > 1 else 0


deepest = sorted(filter(depth, run.tensors), key=depth, reverse=True)[:3]
print("\nGardens of the tensors that forked most:")
for name in deepest or ["lnf.bias"]:
    picture = Path(scope.path).with_suffix(f".{name}.png")
    run.plot.garden(name, save=picture)
    print(f"  {picture}")
print(f"""
Next:
  {sys.executable}
  >>> import furca; run = furca.open("{scope.path}")
  >>> run.forks()[-1]
  >>> run["{(deepest or ['lnf.bias'])[0]}"].branches()
  >>> run["lnf.bias"].history("kurtosis")
  >>> run.plot.garden("head.weight", save="head.png")
and read examples/tiny_gpt.py: watching is one line in it.""")
