"""Measure how far a signature lies from others, and whether that is unusual."""

from __future__ import annotations

import numpy as np

from ..types import Array

NEAR = 15  # neighbours that vote, and the one whose distance counts
LEVEL = 0.05  # of signatures like the reference that are called outside of it
MIN_CALIBRATION = 19  # distances from which on one can be unusual at this level
SHORTLIST = 24  # references beyond those asked for whose distances are computed in full: rounding is far smaller
ROWS = 64  # signatures at a time: memory stays small among 20,000 references

Owners = tuple[Array, Array]  # whose signatures are (M,), and whose the references (N,): numbers


def nearest_references(
    values: Array, references: Array, count: int, *, owners: Owners | None = None
) -> tuple[Array, Array]:
    """Find the nearest references of signatures, and their Euclidean distances.

    Returns indices (M, K) and distances (M, K) float64, the nearest first, K at most `count`. A product of matrices
    finds a few more than `count`; only their distances are computed in full.

    Args:
        values: (M, D) signatures.
        references: (N, D).
        count: how many of each.
        owners: references of a signature's own person do not count: they come last, infinitely far; None: all count.
    """
    squares = np.einsum("nd,nd->n", references, references)
    found = []
    for start in range(0, max(1, len(values)), ROWS):
        part = slice(start, start + ROWS)
        own = owners and owners[0][part, None] == owners[1][None]
        found.append(_nearest(values[part], references, squares, count, own))
    indices, distances = zip(*found, strict=True)
    return np.concatenate(indices), np.concatenate(distances)


def _nearest(values: Array, references: Array, squares: Array, count: int, own: Array | None) -> tuple[Array, Array]:
    """Find the nearest references of a few signatures.

    Args:
        values: (M, D) signatures.
        references: (N, D).
        squares: (N,) their squared norms.
        count: how many of each.
        own: (M, N) bool, those that do not count.
    """
    roughly = squares[None] - 2 * (values @ references.T)
    if own is not None:
        roughly[own] = np.inf
    last = min(count + SHORTLIST, len(references)) - 1
    likely = np.sort(np.argpartition(roughly, last, axis=1)[:, : last + 1], axis=1)
    away = references[likely] - values[:, None]
    distances = np.sqrt(np.einsum("mkd,mkd->mk", away, away, dtype=np.float64))
    if own is not None:
        distances[np.take_along_axis(own, likely, 1)] = np.inf
    order = np.argsort(distances, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(likely, order, 1), np.take_along_axis(distances, order, 1)


def kth_distances(values: Array, references: Array, *, owners: Owners | None = None, k: int = NEAR) -> Array:
    """Return the Euclidean distance (M,) of signatures to their k-th nearest reference.

    Infinite where fewer than k count.

    Args:
        values: (M, D) signatures.
        references: (N, D).
        owners: as in `nearest_references`.
        k: how many neighbours.
    """
    _, distances = nearest_references(values, references, k, owners=owners)
    return distances[:, k - 1] if distances.shape[1] >= k else np.full(len(values), np.inf)


def typical_distance(values: Array) -> float:
    """Return the median distance to the nearest other signature in a set (N, D)."""
    each = np.arange(len(values))
    return float(np.median(kth_distances(values, values, owners=(each, each), k=1)))


def clean_distances(values: Array, clean: Array, people: Array, *, k: int = NEAR) -> Array:
    """Return each clean reference's distance to its k-th nearest of other people.

    Args:
        values: (N, D) references.
        clean: (N,) bool, those that nobody attacked.
        people: (N,) a number for each person.
        k: how many neighbours.
    """
    return kth_distances(values[clean], values, owners=(people[clean], people), k=k)


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
