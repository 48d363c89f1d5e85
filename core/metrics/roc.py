"""Compute ranking metrics: AUC, average precision and equal error rate."""

from __future__ import annotations

import numpy as np

from .intervals import Values


def auc(real: Values, fake: Values) -> float | None:
    """Compute the area under the ROC curve in [0, 1]; ties count half."""
    if not len(real) or not len(fake):
        return None
    ordered = np.sort(real)
    below = np.searchsorted(ordered, fake, "left") + np.searchsorted(ordered, fake, "right")
    return float(below.sum() / (2 * len(real) * len(fake)))


def _curve(real: Values, fake: Values) -> tuple[Values, Values]:
    """Count real and forged scores at or above each distinct score, the highest first."""
    scores = np.r_[real, fake]
    order = np.argsort(-scores, kind="stable")
    forged = np.cumsum(order >= len(real))
    last = np.r_[np.flatnonzero(np.diff(scores[order])), len(scores) - 1]
    return last + 1 - forged[last], forged[last]


def roc_points(real: Values, fake: Values) -> tuple[Values, Values]:
    """Return the corners of the ROC curve: false positives and hits.

    Each is a share, from 0 to 1. Ties are one slanted step.
    """
    wrong, right = _curve(real, fake)
    alarms, hits = np.r_[0, wrong] / len(real), np.r_[0, right] / len(fake)
    across, up = np.diff(alarms), np.diff(hits)
    straight = np.isclose(across[1:] * up[:-1], across[:-1] * up[1:], rtol=0, atol=1e-12)
    corners = np.r_[True, ~straight, True]
    return alarms[corners], hits[corners]


def average_precision(real: Values, fake: Values) -> float | None:
    """Compute average precision in [0, 1], forged being positive; it rises with their share."""
    if not len(real) or not len(fake):
        return None
    wrong, right = _curve(real, fake)
    return float((np.diff(right, prepend=0) * right / (wrong + right)).sum() / len(fake))


def equal_error_rate(real: Values, fake: Values) -> float | None:
    """Compute the error rate in [0, 1] where false positives equal misses, interpolated."""
    if not len(real) or not len(fake):
        return None
    wrong, right = _curve(real, fake)
    alarm, miss = np.r_[0, wrong / len(real)], np.r_[1, 1 - right / len(fake)]
    after = int(np.argmax(alarm >= miss))  # the last point is (1, 0), so there is one; the first is (0, 1)
    difference = alarm - miss
    part = difference[after - 1] / (difference[after - 1] - difference[after])
    return float(alarm[after - 1] + part * (alarm[after] - alarm[after - 1]))
