"""Summarise values of many faces: range, quartiles, mean and its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..types import Array
from ..types.map_summaries import MeanOfFaces, RangeOfFaces, SummaryOfFaces
from .intervals import bootstrap

DIGITS = 5  # significant ones in a card


def rounded(value: float) -> float:
    """Round to five significant digits."""
    return float(f"{value:.{DIGITS}g}")


def _mean(values: Array) -> float:
    return float(values.mean())


def mean_of(values: Sequence[float], *, share: bool = False) -> MeanOfFaces:
    """Return n, the mean and its 95 % bootstrap interval over faces.

    The interval is None for fewer than two values or equal ones; with `share`, values lie in [0, 1] and equal 0s or 1s
    have an interval, too.
    """
    if not len(values):
        return MeanOfFaces(0, None, None)
    interval = bootstrap(_mean, np.asarray(values, np.float64), share=share)
    ends = interval and (rounded(interval[0]), rounded(interval[1]))
    return MeanOfFaces(len(values), rounded(float(np.mean(values))), ends)


def range_of(values: Sequence[float]) -> RangeOfFaces:
    """Return min, median and max of at least one value."""
    return RangeOfFaces(*(rounded(float(of(values))) for of in (np.min, np.median, np.max)))


def summary_of(values: Sequence[float]) -> SummaryOfFaces:
    """Return `mean_of` with median and interquartile range."""
    if not len(values):
        return SummaryOfFaces(mean_of(values), None, (None, None))
    low, median, high = (rounded(float(one)) for one in np.quantile(values, (0.25, 0.5, 0.75)))
    return SummaryOfFaces(mean_of(values), median, (low, high))
