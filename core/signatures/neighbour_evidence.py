"""Place a signature among references, and say what the nearest tell."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..metrics.intervals import wilson
from ..types import Array, InputError, Neighbour, Placement, Signature
from ..types.own_set_values import NOWHERE, FileFace
from ..types.placements import KindShare, NeighbourEvidence
from .base import KINDS
from .reference import OwnRows, ReferenceSet
from .reference_distance import LEVEL, MIN_CALIBRATION, NEAR, clean_distances, conformal_p


def place(
    references: ReferenceSet, found: Signature, *, faces: Sequence[str] = (), face: FileFace = NOWHERE
) -> Placement:
    """Place one signature in the embedding, with its 15 nearest references.

    References of the face itself and of its person, as far as the set knows them, are left out.

    Its coordinates are the mean of its neighbours' with UMAP's membership weights exp(-(d - d1) / sigma) (McInnes et
    al. 2018, arXiv:1802.03426, section 3.1). Differs: `UMAP.transform` goes on to optimise, and its answer depends on
    what else is in the batch; this one depends on the signature alone.

    Args:
        references: a set of them.
        found: of the set's kind.
        faces: content hashes of other crops of the same face, such as the one that an attack was put on.
        face: which face of which file it is.
    """
    references.check_kind(found)
    own = references.rows_of([found.of, *faces], face)
    near, distance = references.nearest(found.values, NEAR, own.all)
    if not len(near):
        name = references.card.name
        raise InputError(f"the set {name} has nobody but this face's person, or perhaps it; add faces of other people")
    listed = tuple(
        Neighbour(int(i), KINDS[int(references.kinds[i])], references.card.attacks[int(references.attacks[i])], far)
        for i, far in zip(near, distance.tolist(), strict=True)
    )
    novelty = float(distance[0]) / max(references.typical, 1e-12)  # 0 where most references are there twice
    evidence = replace(_evidence(references, near, distance, own.all), there=_there(references, own))
    return Placement(references.weighted_place(near, distance), listed, novelty, evidence)


def _there(references: ReferenceSet, own: OwnRows) -> str:
    """Tell what of a face is there, as `NeighbourEvidence` names it."""
    if own.itself.any() or not own.all.any():
        return "face" if own.itself.any() else ""
    if not own.same.any():
        return "file"
    return "attacked" if (references.kinds[own.same] == KINDS.index("attacked")).all() else "picture"


def _evidence(references: ReferenceSet, near: Array, distance: Array, own: Array) -> NeighbourEvidence:
    """Weigh the nearest references: kinds, distance, and how firm the place is.

    Args:
        references: a set of them.
        near: (K,) indices of the nearest.
        distance: (K,) theirs.
        own: (N,) bool, references of the face's own person.
    """
    counts = np.bincount(references.kinds[near].astype(np.int64), minlength=len(KINDS))
    usual, last = _usual_distances(references)[~own], float(distance[-1])
    usual = usual[np.isfinite(usual)]
    told = len(usual) >= MIN_CALIBRATION and len(near) == NEAR
    p = float(conformal_p(distance[-1:], usual)[0]) if told else None
    return NeighbourEvidence(
        shares=tuple(
            KindShare(kind, int(count), float(count) / len(near), wilson(int(count), len(near)))
            for kind, count in zip(KINDS, counts, strict=True)
        ),
        distance=last,
        percentile=100 * float((usual < last).mean()) if told else None,
        p=p,
        outside=None if p is None else p <= LEVEL,
        compared=len(usual),
        ring=_ring(references, near, distance),
        few=len(near) < NEAR,
        one_kind=len(np.unique(references.kinds[~own])) < 2,
        left_out=int(own.sum()),
    )


def _ring(references: ReferenceSet, near: Array, distance: Array) -> float:
    """Return how far the place moves at most without one neighbour."""
    if len(near) < 2:
        return 0.0
    whole = np.asarray(references.weighted_place(near, distance))
    moved = []
    for left_out in range(len(near)):
        kept = np.arange(len(near)) != left_out
        without = references.weighted_place(near[kept], distance[kept])
        moved.append(float(np.linalg.norm(np.asarray(without) - whole)))
    return max(moved)


@functools.lru_cache(maxsize=4)
def _usual_distances(references: ReferenceSet) -> Array:
    """Return each clean reference's distance (N,) to its last neighbour of other people.

    Infinite for the attacked, and for those with fewer than 15 of other people.
    """
    clean = references.kinds != KINDS.index("attacked")
    distances = np.full(len(clean), np.inf)
    distances[clean] = clean_distances(references.values, clean, references.people)
    return distances
