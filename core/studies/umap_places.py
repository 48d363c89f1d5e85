"""Place signatures on a plane by UMAP, and find their neighbours."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from sklearn.neighbors import NearestNeighbors

from ..progress import NO_PROGRESS, Progress
from ..signatures.umap_embedding import fit_embedding
from ..storage.files import atomic_write
from ..types import Array, content_id

NEIGHBOURS, MIN_DISTANCE, NEAREST = 15, 0.1, 15  # of UMAP, its own defaults; of the purity


def umap_places(folder: Path, signatures: Array, *, seed: int, progress: Progress = NO_PROGRESS) -> Array:
    """Return places (N, 2) of signatures by UMAP, fitted or kept.

    Args:
        folder: where the places are kept.
        signatures: (N, D).
        seed: of UMAP.
        progress: told that it is fitted; a stop raises `StopRequested`.
    """
    path = folder / f"plane-{content_id(signatures, f'{seed} {NEIGHBOURS} {MIN_DISTANCE}')[:16]}.npy"
    try:
        kept: Array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        progress.emit(f"{len(signatures)} signatures; fitting UMAP")
        progress.check_stop()
        kept = _fit(signatures, seed)
        buffer = io.BytesIO()
        np.save(buffer, kept)
        atomic_write(path, buffer.getvalue())
    return kept


def _fit(signatures: Array, seed: int) -> Array:
    neighbours = min(NEIGHBOURS, len(signatures) - 1)
    return fit_embedding(signatures, neighbours=neighbours, min_distance=MIN_DISTANCE, seed=seed)


def neighbour_shares(values: Array, marks: Array) -> Array:
    """Return the share (P,) of the 15 nearest of (P, D) values with equal marks."""
    count = min(NEAREST, len(values) - 1)
    near = NearestNeighbors(n_neighbors=count + 1).fit(values).kneighbors(values, return_distance=False)
    others = np.stack([row[row != at][:count] for at, row in enumerate(near)])
    shares: Array = (marks[others] == marks[:, None]).mean(1)
    return shares
