"""Calibration error and reliability diagrams of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from .intervals import Values, wilson


def _bins(p: Values, bins: int) -> Values:
    """The bin of each probability, about equally many in each; equal probabilities always share one."""
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1], method="higher"))
    return np.searchsorted(edges, p, "right")


def expected_calibration_error(p: Values, y: Values, bins: int = 15) -> float:
    """The mean distance, in [0, 1], between the probability of "fake" and the share that is fake, over bins.

    Args:
        p: (N,) probabilities of "fake", N at least 1.
        y: (N,) 0 real, 1 fake.
        bins: of equal mass (about N / bins in each; equal probabilities are never parted).

    Source: Guo et al. 2017, arXiv:1706.04599, eq. 3. Differs: bins of equal mass, not of equal width (Nguyen and
    O'Connor 2015); the probability of "fake" over all of [0, 1], not that of the called class.
    """
    place = _bins(p, bins)
    return float(np.abs(np.bincount(place, p) - np.bincount(place, y)).sum() / len(p))


def reliability(p: Values, y: Values, bins: int = 15) -> list[dict[str, Any]]:
    """The reliability diagram: per bin of equal mass the mean probability, the share fake, its interval, and how many.

    `p` (N,) probabilities of "fake", `y` (N,) 0 or 1; rows {"mean_p", "share_fake", "interval", "n"}, ascending.
    """
    if not len(p):
        return []
    place, rows = _bins(p, bins), []
    for here in np.unique(place):
        inside = place == here
        n, k = int(inside.sum()), float(y[inside].sum())
        rows.append({"mean_p": float(p[inside].mean()), "share_fake": k / n, "interval": list(wilson(k, n)), "n": n})
    return rows
