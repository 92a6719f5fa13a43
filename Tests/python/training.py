"""Small models and loops for the tests of watching."""

import torch

import furca


def model(seed: int = 0, width: int = 32) -> torch.nn.Module:
    """Two layers with a norm between: parameters of three kinds. From a width of 128 on Adam's first step forks the norm."""
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Linear(8, width), torch.nn.LayerNorm(width), torch.nn.GELU(), torch.nn.Linear(width, 4)
    )


def loss_of(net: torch.nn.Module, rows: int = 16) -> torch.Tensor:
    return net(torch.randn(rows, 8)).square().mean()


def step(net: torch.nn.Module, *optimizers: torch.optim.Optimizer) -> None:
    """One step of training, as everybody writes it."""
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss_of(net).backward()
    for optimizer in optimizers:
        optimizer.step()


def gaps(scope: furca.Scope) -> dict[str, list[str]]:
    """What a closed scope says it has not seen: the reasons by name."""
    found: dict[str, list[str]] = {}
    with furca.open(scope.path) as run:
        for name, reason in run.gaps:
            found.setdefault(name, []).append(reason)
    return found
