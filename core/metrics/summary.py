"""Values of many faces as figures: spread, mean and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..types import Array
from .intervals import bootstrap

Figures = dict[str, Any]
DIGITS = 5  # significant ones in a card


def rounded(value: float) -> float:
    """To five significant digits."""
    return float(f"{value:.{DIGITS}g}")


def _mean(values: Array) -> float:
    return float(values.mean())


def mean_of(values: Sequence[float], *, share: bool = False) -> Figures:
    """mean, its 95 % interval (bootstrap over faces; None from fewer than two, or where all are alike), and n.

    `share`: the values lie in [0, 1], and have an interval where all are 0 or all are 1, too.
    """
    if not len(values):
        return {"n": 0, "mean": None, "interval": None}
    interval = bootstrap(_mean, np.asarray(values, np.float64), share=share)
    return {
        "n": len(values),
        "mean": rounded(float(np.mean(values))),
        "interval": interval and [*map(rounded, interval)],
    }


def spread_of(values: Sequence[float]) -> Figures:
    """min, median and max of at least one value."""
    return {name: rounded(float(of(values))) for name, of in (("min", np.min), ("median", np.median), ("max", np.max))}


def summary_of(values: Sequence[float]) -> Figures:
    """`mean_of`, with median and interquartile range."""
    quartiles = [rounded(float(v)) for v in np.quantile(values, (0.25, 0.5, 0.75))] if len(values) else [None] * 3
    return {**mean_of(values), "median": quartiles[1], "iqr": [quartiles[0], quartiles[2]]}
