"""Place LRP signatures on a plane by UMAP, and find their neighbours."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.neighbors import NearestNeighbors

from ..progress import NO_PROGRESS, Progress
from ..signatures.umap_plane import fit_plane
from ..storage.files import atomic_write
from ..types import Array, content_id
from .cats_dogs_data import CatsDogsData
from .picture_attacks import AttackedPictures
from .picture_relevance import picture_relevance

NEIGHBOURS, MIN_DISTANCE, NEAREST = 15, 0.1, 15  # of UMAP, its own defaults; of the purity
GRID = 8  # places on a side of a pooled map


@dataclass(frozen=True, slots=True, eq=False)
class SignaturePlane:
    """Hold signatures of clear test pictures, then of attacked ones.

    signatures: (P, D), relevance at the last layer; maps: (P, 64), pooled maps; places: (P, 2); labels: (P,) true
    classes; attacked: (P,) whether the point is an attacked picture; turned: (P,) whether an attack turned the
    picture; right: (P,) whether the clear network classified the picture correctly before any attack.
    """

    signatures: Array
    maps: Array
    places: Array
    labels: Array
    attacked: Array
    turned: Array
    right: Array


def signature_plane(
    data: CatsDogsData, turned: AttackedPictures, *, seed: int, progress: Progress = NO_PROGRESS
) -> SignaturePlane:
    """Compute signatures of test pictures and their attacked versions on one plane.

    Args:
        data: with the clear network.
        turned: what an attack turned; as many clear pictures are taken as it was tried on.
        seed: of UMAP.
        progress: told the pictures.
    """
    clean = data.test.images[: turned.n]
    found = [picture_relevance(data.clear, images, progress) for images in (clean, turned.images) if len(images)]
    signatures = np.concatenate([one.signatures for one in found])
    attacked = np.repeat([False, True], [turned.n, len(turned.rows)])
    of = np.concatenate([np.arange(turned.n), turned.rows.numpy()])
    was_turned = np.isin(of, turned.rows.numpy())
    places = _places(data.folder, signatures, seed, progress)
    maps = np.concatenate([_pooled(one.maps) for one in found])
    labels, right = data.test.labels.numpy()[of], data.right.numpy()[of]
    return SignaturePlane(signatures, maps, places, labels, attacked, was_turned, right)


def _pooled(maps: Array) -> Array:
    """Sum maps (N, H, W) over the fields of a grid; (N, 64)."""
    count, side = len(maps), maps.shape[1] // GRID
    pooled: Array = maps.reshape(count, GRID, side, GRID, side).sum((2, 4)).reshape(count, -1)
    return pooled


def _places(folder: Path, signatures: Array, seed: int, progress: Progress) -> Array:
    """Fit UMAP, or read what was fitted to the same signatures."""
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
    return fit_plane(signatures, neighbours=neighbours, min_distance=MIN_DISTANCE, seed=seed)


def neighbour_shares(values: Array, marks: Array) -> Array:
    """Return the share (P,) of the 15 nearest of (P, D) values with equal marks."""
    count = min(NEAREST, len(values) - 1)
    near = NearestNeighbors(n_neighbors=count + 1).fit(values).kneighbors(values, return_distance=False)
    others = np.stack([row[row != at][:count] for at, row in enumerate(near)])
    shares: Array = (marks[others] == marks[:, None]).mean(1)
    return shares
