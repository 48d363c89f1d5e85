"""Measure how far a signature lies from others, and whether that is unusual."""

from __future__ import annotations

import numpy as np

from ..types import Array

NEAR = 15  # neighbours that vote, and the one whose distance counts
LEVEL = 0.05  # of signatures like the reference that are called outside of it
MIN_CALIBRATION = 19  # distances from which on one can be unusual at this level


def kth_distances(values: Array, references: Array, *, own: Array | None = None, k: int = NEAR) -> Array:
    """Return the Euclidean distance (M,) of signatures to their k-th nearest reference.

    Args:
        values: (M, D) signatures.
        references: (N, D), at least k of which count.
        own: (M, N) bool, references that do not count because they show the same person; None: all count.
        k: how many neighbours.
    """
    one, other = values.astype(np.float64), references.astype(np.float64)
    square = (one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * one @ other.T
    if own is not None:
        square[own] = np.inf
    return np.asarray(np.sqrt(np.maximum(np.partition(square, k - 1, axis=1)[:, k - 1], 0)))


def clean_distances(values: Array, clean: Array, people: Array, *, k: int = NEAR) -> Array:
    """Return each clean reference's distance to its k-th nearest of other people.

    Args:
        values: (N, D) references.
        clean: (N,) bool, those that nobody attacked.
        people: (N,) a number for each person.
        k: how many neighbours.
    """
    return kth_distances(values[clean], values, own=people[clean][:, None] == people[None], k=k)


def conformal_p(distances: Array, calibration: Array) -> Array:
    """Return the conformal p value (M,) of distances: how unusual they are.

    The share of calibration distances that are as large, the own one counted in. At most 5 % of signatures that are
    like the calibration get a p of 0.05 or less.

    Source: Vovk et al. 2005, Algorithmic Learning in a Random World, section 2.2; Laxhammar and Falkman 2010 (distance
    to the k-th neighbour), 10.1145/1833280.1833289. Differs: each calibration distance leaves out its own person
    instead of a part of the reference, as in cross-conformal prediction (Vovk 2015, 10.1007/s10472-013-9368-4), so that
    the level holds about, not exactly.
    """
    larger = len(calibration) - np.searchsorted(np.sort(calibration), distances, "left")
    return np.asarray((1 + larger) / (1 + len(calibration)))
