"""Pool maps over a grid or over the regions of a face."""

from __future__ import annotations

import numpy as np

from ..types import Array
from .base import by_size

GRID = 8  # cells on a side


def pool_map(values: Array, places: Array, count: int) -> Array:
    """Sum a map (H, W) over each part, positive and negative values apart.

    Returns (2 * count,) float32, positive sums first, divided by the L1 norm. Apart, because their sum over a part
    would hide that it speaks both ways. `places`: (H, W) in 0 to count - 1.
    """
    flat, index = values.astype(np.float64).ravel(), places.ravel()
    sums = [np.bincount(index, some, count) for some in (flat.clip(min=0), flat.clip(max=0))]
    return by_size(np.concatenate(sums)).astype(np.float32)


def grid_places(height: int, width: int) -> Array:
    """Number the cells of a grid row by row, (H, W) in 0 to 63."""
    rows, columns = (np.arange(side) * GRID // side for side in (height, width))
    return rows[:, None] * GRID + columns[None]
