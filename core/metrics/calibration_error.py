"""Compute calibration error and reliability diagrams of probabilities."""

from __future__ import annotations

import numpy as np

from ..types.calibration import ReliabilityBin
from .intervals import Values, wilson


def _bins(p: Values, bins: int) -> Values:
    """Assign probabilities to bins of about equal mass; equal probabilities share a bin."""
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1], method="higher"))
    return np.searchsorted(edges, p, "right")


def expected_calibration_error(p: Values, y: Values, bins: int = 15) -> float:
    """Average the distance between predicted probability and observed frequency over bins.

    Args:
        p: (N,) probabilities of "fake", N at least 1.
        y: (N,) 0 real, 1 fake.
        bins: number of bins of equal mass; equal probabilities are never split.

    Returns a value in [0, 1].
    Source: Guo et al. 2017, arXiv:1706.04599, eq. 3. Differs: bins of equal mass, not of equal width (Nguyen and
    O'Connor 2015); the probability of "fake" over all of [0, 1], not that of the predicted class.
    """
    bin_of = _bins(p, bins)
    return float(np.abs(np.bincount(bin_of, p) - np.bincount(bin_of, y)).sum() / len(p))


def reliability(p: Values, y: Values, bins: int = 15) -> tuple[ReliabilityBin, ...]:
    """Compute the rows of a reliability diagram over bins of equal mass.

    Args:
        p: (N,) probabilities of "fake".
        y: (N,) 0 real, 1 fake.
        bins: number of bins.

    Returns the bins, ascending.
    """
    if not len(p):
        return ()
    bin_of, rows = _bins(p, bins), []
    for here in np.unique(bin_of):
        inside = bin_of == here
        n, k = int(inside.sum()), float(y[inside].sum())
        rows.append(ReliabilityBin(float(p[inside].mean()), k / n, wilson(k, n), n))
    return tuple(rows)
