"""Small models to watch."""

from __future__ import annotations

import torch
from torch import nn


class TwoLayers(nn.Module):
    """Eight parameters: two layers, a norm between them, and a tied embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(12, 8)
        self.first = nn.Linear(8, 16)
        self.norm = nn.LayerNorm(16)
        self.second = nn.Linear(16, 8)
        self.head = nn.Linear(8, 12, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        hidden = self.norm(torch.relu(self.first(self.embedding(tokens))))
        return self.head(self.second(hidden))


NAMES = [
    "embedding.weight",
    "first.weight",
    "first.bias",
    "norm.weight",
    "norm.bias",
    "second.weight",
    "second.bias",
]


def make(seed: int = 0) -> tuple[TwoLayers, torch.optim.Optimizer]:
    """A model and its optimizer, the same at every call."""
    torch.manual_seed(seed)
    model = TwoLayers()
    return model, torch.optim.AdamW(model.parameters(), lr=1e-2)


def train(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int = 1) -> list[float]:
    """Some steps on made-up tokens that continue where the model's own random numbers are; returns the losses."""
    losses = []
    for _ in range(steps):
        tokens = torch.randint(0, 12, (4, 6))
        loss = nn.functional.cross_entropy(model(tokens).flatten(0, 1), tokens.roll(1, 1).flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
