"""Place LRP signatures of pictures on a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..progress import NO_PROGRESS, Progress
from ..types import Array
from .cats_dogs_data import CatsDogsData
from .picture_attacks import AttackedPictures
from .picture_relevance import picture_relevance
from .umap_places import umap_places

GRID = 8  # places on a side of a pooled map


@dataclass(frozen=True, slots=True, eq=False)
class SignatureEmbedding:
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


def signature_embedding(
    data: CatsDogsData, turned: AttackedPictures, *, seed: int, progress: Progress = NO_PROGRESS
) -> SignatureEmbedding:
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
    places = umap_places(data.folder, signatures, seed=seed, progress=progress)
    maps = np.concatenate([_pooled(one.maps) for one in found])
    labels, right = data.test.labels.numpy()[of], data.right.numpy()[of]
    return SignatureEmbedding(signatures, maps, places, labels, attacked, was_turned, right)


def _pooled(maps: Array) -> Array:
    """Sum maps (N, H, W) over the fields of a grid; (N, 64)."""
    count, side = len(maps), maps.shape[1] // GRID
    pooled: Array = maps.reshape(count, GRID, side, GRID, side).sum((2, 4)).reshape(count, -1)
    return pooled
