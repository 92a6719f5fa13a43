"""Another library may tell the processor to treat subnormals as zeros: nothing here may notice."""

from __future__ import annotations

from typing import Iterator

import numpy as np
import pytest
import torch
from samples import for_all, samples

import furca


@pytest.fixture
def flushing() -> Iterator[None]:
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush subnormals to zero")
    assert torch.tensor([1e-40]) * 1 == 0
    yield
    torch.set_flush_denormal(False)


@for_all
def test_the_same_bytes_and_answers(dtype: str, name: str, request: pytest.FixtureRequest) -> None:
    array = samples(dtype)[name]
    shares, limits = np.linspace(0, 1, 17), np.array([-1.0, -1e-310, -1e-40, 0.0, 1e-40, 1e-310, 1.0])

    def everything() -> tuple[object, ...]:
        sketch = furca.Sketch(array[::2].copy())
        sketch.merge(furca.Sketch(array[1::2].copy()))
        back = furca.Sketch.from_bytes(sketch.to_bytes())
        answers = (sketch.quantile(shares), back.quantile(shares), sketch.cdf(limits))
        figures = sketch.stats
        return (
            sketch.to_bytes(),
            back.to_bytes(),
            *(answer.tobytes() for answer in answers),
            np.array([figures.min, figures.max, figures.mean, figures.std, figures.l1, figures.l2]).tobytes(),
            figures.zeros,
            figures.subnormals,
            np.array([[branch.position, branch.mass] for branch in sketch.modes().branches]).tobytes(),
            sketch.modes().dip,
        )

    usual = everything()
    request.getfixturevalue("flushing")
    assert everything() == usual
