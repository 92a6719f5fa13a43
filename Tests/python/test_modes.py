"""Modes and branches of whole distributions."""

from __future__ import annotations

import numpy as np
import pytest
from samples import DTYPES, for_all, samples

import furca
from furca.errors import ArgumentError

MODES = {"two modes": 2, "infinity alone": 0, "NaN alone": 0, "none": 0}

#: Distributions that are not unimodal, beside "two modes": they are piles of equal or far values.
SEVERAL = ("two modes", "subnormal beside large", "around the smallest normal", "the whole range", "large")


@for_all
def test_unimodal_samples_have_one_mode(dtype: str, name: str) -> None:
    if name in SEVERAL:
        return
    modes = furca.Sketch(samples(dtype)[name]).modes(alpha=1e-6)
    assert modes.count == len(modes.branches) == MODES.get(name, 1)
    assert modes.p_value > 1e-6


@pytest.mark.parametrize("dtype", DTYPES)
def test_two_modes(dtype: str) -> None:
    modes = furca.Sketch(samples(dtype)["two modes"]).modes(alpha=1e-6)
    assert modes.count == 2 and modes.p_value <= 1e-6
    low, high = modes.branches
    unit = 20 if dtype == "int8" else 1
    assert low.position == pytest.approx(-4 * unit, abs=0.1 * unit)
    assert high.position == pytest.approx(4 * unit, abs=0.1 * unit)
    assert low.mass == pytest.approx(0.4, abs=0.02) and low.mass + high.mass == pytest.approx(1)
    assert low.lower < low.position < low.upper == high.lower < high.position < high.upper
    assert low.upper == pytest.approx(0, abs=unit)


def test_branches_hold_what_they_say(rng: np.random.Generator) -> None:
    values = (rng.standard_normal(3_000) + rng.choice([-9, 0, 9], 3_000, p=[0.2, 0.5, 0.3])).astype(np.float32)
    modes = furca.Sketch(values).modes()
    assert modes.count == 3
    for branch in modes.branches:
        last = branch is modes.branches[-1]
        inside = values[(values >= branch.lower) & ((values < branch.upper) | last)]
        assert branch.mass == pytest.approx(inside.size / values.size)
        assert branch.position == pytest.approx(np.median(inside), abs=0.05)


def test_zeros_are_an_atom_and_no_mode(rng: np.random.Generator) -> None:
    values = np.where(rng.random(20_000) < 0.5, 0, rng.standard_normal(20_000)).astype(np.float32)
    modes = furca.Sketch(values).modes()
    assert modes.count == 1
    [atom] = modes.atoms
    assert atom.value == 0 and atom.mass == pytest.approx(0.5, abs=0.02)


def test_more_modes_than_there_is_room_for_at_first(rng: np.random.Generator) -> None:
    centres = np.arange(-10, 11)
    share = np.where(centres == 0, 0.6, 0.02)
    values = (rng.choice(centres, 200_000, p=share) + 0.05 * rng.standard_normal(200_000)).astype(np.float32)
    modes = furca.Sketch(values).modes()
    assert modes.count == len(modes.branches) == 21
    assert [round(branch.position) for branch in modes.branches] == centres.tolist()
    assert [branch.mass for branch in modes.branches] == pytest.approx(share.tolist(), abs=0.003)


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
@pytest.mark.parametrize("levels", [np.arange(16), np.arange(32), np.cumsum(np.arange(16) % 3 + 1)], ids=["16", "32", "uneven"])
def test_weights_near_many_levels_have_that_many_modes(dtype: str, levels: np.ndarray, rng: np.random.Generator) -> None:
    values = rng.choice(levels, 50_000) - levels.mean() + 0.1 * rng.standard_normal(50_000)
    modes = furca.Sketch((values / 64).astype(dtype)).modes(alpha=1e-6)
    assert modes.count == levels.size
    assert [branch.position * 64 + levels.mean() for branch in modes.branches] == pytest.approx(levels, abs=0.05)


def test_count_and_p_value_agree_with_alpha(rng: np.random.Generator) -> None:
    for separation in np.linspace(0, 4, 17):
        values = rng.standard_normal(3_000) + rng.choice([-separation, separation], 3_000)
        sketch = furca.Sketch(values.astype(np.float32))
        for alpha in (1e-3, 1e-6, 1e-12):
            modes = sketch.modes(alpha)
            assert (modes.count > 1) == (modes.p_value <= alpha)


@pytest.mark.parametrize("alpha", [0, 1, -1, 2, float("nan"), float("inf")])
def test_alpha_is_a_probability(alpha: float) -> None:
    with pytest.raises(ArgumentError, match="alpha is .* between 0 and 1"):
        furca.Sketch(np.ones(3, np.float32)).modes(alpha)
