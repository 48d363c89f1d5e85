"""Compute F1, precision and recall of each class."""

from __future__ import annotations

import numpy as np

from ..types import Array


def class_scores(labels: Array, predicted: Array, classes: int) -> Array:
    """Return F1, precision and recall (3, classes) in [0, 1]; 0 where nothing is predicted or true."""
    names = np.arange(classes)[:, None]
    true, said = labels[None] == names, predicted[None] == names
    hits, total, named = (true & said).sum(1), true.sum(1), said.sum(1)
    precision, recall = hits / np.maximum(named, 1), hits / np.maximum(total, 1)
    return np.stack([2 * hits / np.maximum(named + total, 1), precision, recall])
