"""Moments in whole numbers: nothing is rounded until the end."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np


class Moments(NamedTuple):
    mean: float
    std: float
    skewness: float
    kurtosis: float
    l2: float


def moments(values: np.ndarray) -> Moments:
    """Of the population of finite values, each figure rounded once."""
    ratios = [value.as_integer_ratio() for value in values.tolist()]
    unit = max(denominator for _, denominator in ratios)
    whole = [numerator * (unit // denominator) for numerator, denominator in ratios]
    n = len(whole)
    total = sum(whole)
    deviations = [n * value - total for value in whole]
    second, third, fourth = (sum(deviation**power for deviation in deviations) for power in (2, 3, 4))
    variance = Fraction(second, n**3 * unit**2)
    if second == 0:
        skewness = kurtosis = math.nan
    else:
        skewness = math.copysign(root(Fraction(third**2 * n, second**3)), 1 if third > 0 else -1)
        kurtosis = float(Fraction(fourth * n, second**2) - 3)
    return Moments(
        mean=float(Fraction(total, n * unit)),
        std=root(variance),
        skewness=skewness,
        kurtosis=kurtosis,
        l2=root(Fraction(sum(value * value for value in whole), unit**2)),
    )


def root(value: Fraction) -> float:
    """The square root, to within a rounding or two; infinity beyond float64's range."""
    if value == 0:
        return 0.0
    # An even power of two that leaves more than 128 bits.
    shift = (value.denominator.bit_length() - value.numerator.bit_length() + 160) // 2
    scaled = value * Fraction(4) ** shift
    try:
        return float(Fraction(math.isqrt(int(scaled))) / Fraction(2) ** shift)
    except OverflowError:
        return math.inf
