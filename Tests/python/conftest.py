"""What the tests share: random numbers that are the same every time, one processor for torch, and no windows."""

import os

import numpy as np
import pytest

os.environ["MPLBACKEND"] = "Agg"

try:
    import furca  # noqa: F401
except ImportError as error:
    raise pytest.UsageError(f"furca cannot be imported ({error}): set PYTHONPATH=python, or install ./python") from error

import torch

torch.set_num_threads(1)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers that depend on the test's name alone."""
    return np.random.default_rng(list(request.node.name.encode()))
