"""Mode counts against persistent homology, which shares no code with them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import furca

pytest.importorskip("gudhi")
sys.path.insert(0, str(Path(__file__).parents[1] / "validation"))
from persistence import persistences, random_mixture, sample_modes  # noqa: E402


@pytest.mark.parametrize("block", range(4))
def test_as_many_modes_as_random_densities_have(block: int, rng: np.random.Generator) -> None:
    alike = 0
    for _ in range(10):
        mixture = random_mixture(rng)
        x = mixture.grid()
        truth = persistences(mixture.density(x))
        values = mixture.sample(30_000, rng).astype(np.float32)
        ours = furca.Sketch(values).modes(1e-6).count
        assert (truth >= 0.2).sum() <= ours <= (truth > 1e-9).sum()
        alike += ours == sample_modes(values.astype(float), x)
    assert alike >= 8


def test_the_reference_itself() -> None:
    x = np.linspace(-8, 8, 2001)
    two = np.exp(-0.5 * (x - 3) ** 2) + 0.5 * np.exp(-0.5 * (x + 3) ** 2)
    saddle = two[np.abs(x) < 2].min()
    assert persistences(two) == pytest.approx([1, (0.5 - saddle) / two.max()], abs=1e-4)
    assert persistences(np.exp(-0.5 * x * x)) == pytest.approx([1])
