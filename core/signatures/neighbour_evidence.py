"""Say what the nearest references tell of a signature, in the original space."""

from __future__ import annotations

import functools

import numpy as np

from ..metrics.intervals import wilson
from ..types import Array, Signature
from ..types.placements import KindShare, NeighbourEvidence
from .base import KINDS
from .reference import ReferenceSet
from .reference_distance import LEVEL, MIN_CALIBRATION, NEAR, clean_distances, conformal_p


def neighbour_evidence(references: ReferenceSet, found: Signature) -> NeighbourEvidence:
    """Weigh a signature's 15 nearest references.

    By their kinds, how far they lie, and how firm the place on the plane is. The same signature always has the same
    evidence.
    """
    near, distance = references.nearest(found.values, NEAR)
    counts = np.bincount(references.kinds[near].astype(np.int64), minlength=len(KINDS))
    usual = _usual_distances(references)
    p = float(conformal_p(distance[-1:], usual)[0])
    return NeighbourEvidence(
        shares=tuple(
            KindShare(kind, int(count), float(count) / len(near), wilson(int(count), len(near)))
            for kind, count in zip(KINDS, counts, strict=True)
        ),
        distance=float(distance[-1]),
        percentile=100 * float((usual < distance[-1]).mean()),
        p=p,
        outside=p <= LEVEL if len(usual) >= MIN_CALIBRATION else None,
        ring=_ring(references, near, distance),
    )


def _ring(references: ReferenceSet, near: Array, distance: Array) -> float:
    """Return how far the place moves at most without one neighbour."""
    whole = np.asarray(references.weighted_place(near, distance))
    moved = []
    for left_out in range(len(near)):
        kept = np.arange(len(near)) != left_out
        place = references.weighted_place(near[kept], distance[kept])
        moved.append(float(np.linalg.norm(np.asarray(place) - whole)))
    return max(moved)


@functools.lru_cache(maxsize=4)
def _usual_distances(references: ReferenceSet) -> Array:
    """Return each clean reference's distance to its last neighbour of other people."""
    clean = references.kinds != KINDS.index("attacked")
    return clean_distances(references.values, clean, references.people)
