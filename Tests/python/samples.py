"""Data that estimators get wrong: one dictionary of arrays per dtype."""

from __future__ import annotations

from functools import cache

import ml_dtypes
import numpy as np
import pytest

DTYPES = {
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float8_e4m3fn": np.dtype(ml_dtypes.float8_e4m3fn),
    "float8_e5m2": np.dtype(ml_dtypes.float8_e5m2),
    "int8": np.dtype(np.int8),
}

#: Samples that int8 makes constant, or cannot hold.
NO_INTEGERS = {
    "large",
    "the largest",
    "subnormal",
    "around the smallest normal",
    "subnormal beside large",
    "NaN and infinity",
    "NaN alone",
    "infinity alone",
    "one finite",
    "below float32",
    "beyond float32",
    "the whole range",
    "gradients",
    "bfloat16 values",
    "huge offset",
}

#: More values than a sketch keeps one by one.
MANY = 9_001


@cache
def samples(dtype: str) -> dict[str, np.ndarray]:
    """Arrays of a dtype by what is special about them; the same at every call, and not to be changed."""
    if dtype == "int8":
        # Quantized weights are some tens of steps wide; there is nothing that is not finite, nothing subnormal.
        floats = {name: 20 * array for name, array in samples("float64").items() if name not in NO_INTEGERS}
        whole = {name: np.clip(np.rint(array), -128, 127).astype(np.int8) for name, array in floats.items()}
        return {**whole, "every value": np.arange(-128, 128).astype(np.int8)}
    rng = np.random.default_rng(20240311)
    info = ml_dtypes.finfo(DTYPES[dtype])
    tiny, least, top = float(info.smallest_normal), float(info.smallest_subnormal), float(info.max)
    gauss = rng.standard_normal(MANY)
    offset = {"float32": 1e6, "float64": 1e9, "float16": 300.0}.get(dtype, 30.0)
    riddled = gauss.copy()
    riddled[rng.random(MANY) < 0.1] = np.nan
    riddled[rng.random(MANY) < 0.1] = np.inf
    riddled[rng.random(MANY) < 0.1] = -np.inf
    riddled[rng.random(MANY) < 0.1] = 0.0
    arrays: dict[str, np.ndarray] = {
        "none": np.empty(0),
        "one": np.array([-1.5]),
        "two": np.array([-1.5, 3.25]),
        "two equal": np.array([0.75, 0.75]),
        "a few": gauss[:37],
        "gaussian": gauss,
        "gaussian, small": 0.02 * gauss[:4_000],
        "lognormal": np.exp(rng.standard_normal(MANY)),
        "heavy tails": np.clip(rng.standard_t(1.5, MANY), -1e4, 1e4),
        "ramp": np.linspace(-3, 5, 6_007),
        "two modes": gauss + np.where(rng.random(MANY) < 0.4, -4, 4),
        "constant": np.full(MANY, 0.3),
        "constant, few": np.full(5, -0.3),
        "zeros": np.zeros(MANY),
        "minus zeros": np.full(100, -0.0),
        "zeros of both signs": np.where(gauss < 0, -0.0, 0.0),
        "half zeros": np.where(rng.random(MANY) < 0.5, 0.0, gauss),
        "huge offset": offset + gauss,
        "one outlier": np.append(0.01 * gauss, 1000.0),
        "large": top / 2 * np.tanh(gauss),
        "the largest": np.array([top, -top, top, 1.0]),
        "subnormal": gauss * 40 * least,
        "around the smallest normal": tiny * np.exp2(np.rint(gauss * 2)),
        "subnormal beside large": np.where(gauss < 0, least * np.rint(1 + 90 * rng.random(MANY)), gauss),
        "NaN and infinity": riddled,
        "NaN alone": np.full(100, np.nan),
        "infinity alone": np.array([np.inf, -np.inf, np.inf]),
        "one finite": np.array([np.nan, np.inf, 2.5, -np.inf, np.nan]),
    }
    if dtype == "float64":
        arrays["below float32"] = gauss * 1e-60
        arrays["beyond float32"] = gauss * 1e60
        arrays["the whole range"] = np.sign(gauss) * 10 ** rng.uniform(-300, 300, MANY)
    if dtype in ("float32", "float64"):
        arrays["gradients"] = gauss * 1e-12
        arrays["bfloat16 values"] = gauss.astype(ml_dtypes.bfloat16).astype(np.float64)
    with np.errstate(over="ignore", under="ignore"):
        # Float8_e4m3fn has no infinity: it becomes NaN.
        return {name: array.astype(DTYPES[dtype]) for name, array in arrays.items()}


#: Runs a test of (dtype, name) for every array.
for_all = pytest.mark.parametrize(
    "dtype, name", [pytest.param(dtype, name, id=f"{dtype}-{name}") for dtype in DTYPES for name in samples(dtype)]
)


def finite(array: np.ndarray) -> np.ndarray:
    """The finite values of an array, ascending, as float64, which holds each of them exactly. (Zeros may lose their signs.)"""
    values = array.astype(np.float64)
    return np.sort(values[np.isfinite(values)])
