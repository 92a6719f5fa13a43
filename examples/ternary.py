"""Trains a network whose two hidden matrices are used in ternary: each weight as -s, 0 or +s.

Gradients go straight through the rounding to latent weights of full precision (Bengio, Léonard & Courville, arXiv 1308.3432), as in
1.58-bit language models. In the course of the training the latent weights gather about the values they stand for: the distribution of the
whole matrix forks. Before it forks, weights still change their rounded value easily; from then on they are settling.
"""

import argparse
import math
import sysconfig
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

import furca

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
options.add_argument("--run", default="runs/ternary.furca", help="the run file")
options.add_argument("--steps", type=int, default=6000, help="updates of the parameters")
options.add_argument("--lr", type=float, default=2e-3, help="learning rate at the beginning; it falls to a tenth on half a cosine")
options = options.parse_args()

context, width, batch_size = 12, 256, 128
torch.manual_seed(1)
torch.set_num_threads(1)  # The matrices are too small for more.

library = Path(sysconfig.get_path("stdlib"))
text = b"".join(path.read_bytes() for path in sorted(library.glob("*.py")))
text = torch.frombuffer(bytearray(text), dtype=torch.uint8).long().clamp(max=127)


class Ternary(nn.Linear):
    """A linear layer that computes with its weights rounded to -s, 0 or +s, where s is their mean magnitude."""

    def rounded(self):
        s = self.weight.abs().mean()
        return (self.weight / s).round().clamp(-1, 1) * s

    def forward(self, x):
        # The value is that of the rounded weights, the gradient that of the latent ones.
        return F.linear(x, self.weight + (self.rounded() - self.weight).detach(), self.bias)


class Network(nn.Module):
    """The last `context` characters in, logits of the next one out."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(128, 32)
        self.first = Ternary(context * 32, width)
        self.norm1 = nn.LayerNorm(width)
        self.second = Ternary(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.head = nn.Linear(width, 128)
        for parameter in self.parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, characters):
        x = F.gelu(self.norm1(self.first(self.embedding(characters).flatten(1))))
        return self.head(x + F.gelu(self.norm2(self.second(x))))


model = Network()
optimizer = torch.optim.AdamW(model.parameters(), lr=options.lr, weight_decay=0)
scope = furca.watch(model, optimizer, run=options.run, include="*.weight", every=lambda step: step % 20 == 0, budget=0)

ternary = {"first": model.first, "second": model.second}
before = {name: layer.rounded().sign() for name, layer in ternary.items()}
began = time.time()
for step in range(1, options.steps + 1):
    for group in optimizer.param_groups:
        group["lr"] = options.lr * (0.55 + 0.45 * math.cos(math.pi * step / options.steps))
    places = torch.randint(len(text) - context - 1, (batch_size, 1)) + torch.arange(context + 1)
    passages = text[places]
    loss = F.cross_entropy(model(passages[:, :-1]), passages[:, -1])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scope.log(loss=loss.item())
    for fork in scope.new_forks():
        if step > 20:
            print(f"  {fork}", flush=True)
    if step % 500 == 0:
        # What quantisation does meanwhile: how many weights round to another value than 500 steps ago.
        now = {name: layer.rounded().sign() for name, layer in ternary.items()}
        changed = {name: (now[name] != before[name]).float().mean().item() for name in ternary}
        scope.log(**{f"changed_{name}": share for name, share in changed.items()})
        before = now
        shares = ", ".join(f"{name} {share:.1%}" for name, share in changed.items())
        print(f"step {step}, loss {loss.item():.2f}; rounded otherwise than 500 steps ago: {shares}", flush=True)

print(f"\n{time.time() - began:.0f} s of training")
scope.close()
run = furca.open(scope.path)
for name in ("first.weight", "second.weight"):
    picture = Path(scope.path).with_suffix(f".{name}.png")
    run.plot.garden(name, save=picture, step_axis="linear")
    print(f"  {picture}")
