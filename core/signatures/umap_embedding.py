"""Fit a plane to signatures by UMAP."""

from __future__ import annotations

import warnings

import numpy as np
import torch

from ..types import Array


def fit_embedding(values: Array, *, neighbours: int, min_distance: float, seed: int) -> Array:
    """Place values (P, D) on a plane, (P, 2) float32.

    Args:
        values: one row a point.
        neighbours: of each point that its place heeds.
        min_distance: of points on the plane.
        seed: of the layout.
    """
    threads = torch.get_num_threads()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # UMAP misses TensorFlow, and says that a seed costs it its threads
            import umap  # takes seconds to import

            model = umap.UMAP(n_neighbors=neighbours, min_dist=min_distance, random_state=seed)
            return np.asarray(model.fit_transform(values), np.float32)
    finally:
        torch.set_num_threads(threads)  # Numba hands its own number on to torch
