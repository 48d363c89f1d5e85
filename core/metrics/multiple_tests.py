"""Correct p values for the number of tests."""

from __future__ import annotations

import numpy as np

from ..types import Array


def holm(p: Array) -> Array:
    """Correct p values (N,) for their number.

    One wrong rejection among all is then as rare as the level says.

    Source: Holm 1979, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6.
    """
    order = np.argsort(p, kind="stable")
    scaled = np.minimum(p[order] * np.arange(len(p), 0, -1), 1.0)
    corrected = np.empty(len(p))
    corrected[order] = np.maximum.accumulate(scaled)
    return corrected
