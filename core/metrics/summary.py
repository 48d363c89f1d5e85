"""Summarise values of many faces: range, quartiles, mean and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..types import Array
from .intervals import bootstrap

Metrics = dict[str, Any]
DIGITS = 5  # significant ones in a card


def rounded(value: float) -> float:
    """Round to five significant digits."""
    return float(f"{value:.{DIGITS}g}")


def _mean(values: Array) -> float:
    return float(values.mean())


def mean_of(values: Sequence[float], *, share: bool = False) -> Metrics:
    """Return n, the mean and its 95 % bootstrap interval over faces.

    The interval is None for fewer than two values or equal ones; with `share`, values lie in [0, 1] and equal 0s or 1s
    have an interval, too.
    """
    if not len(values):
        return {"n": 0, "mean": None, "interval": None}
    interval = bootstrap(_mean, np.asarray(values, np.float64), share=share)
    return {
        "n": len(values),
        "mean": rounded(float(np.mean(values))),
        "interval": interval and [*map(rounded, interval)],
    }


def range_of(values: Sequence[float]) -> Metrics:
    """Return min, median and max of at least one value."""
    return {name: rounded(float(of(values))) for name, of in (("min", np.min), ("median", np.median), ("max", np.max))}


def summary_of(values: Sequence[float]) -> Metrics:
    """Return `mean_of` with median and interquartile range."""
    quartiles = [rounded(float(v)) for v in np.quantile(values, (0.25, 0.5, 0.75))] if len(values) else [None] * 3
    return {**mean_of(values), "median": quartiles[1], "iqr": [quartiles[0], quartiles[2]]}
