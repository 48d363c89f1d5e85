"""Load reference signatures, and place signatures among them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from ..storage.cards import read_card, verified_file
from ..types import Array, Neighbour, Placement, Signature
from ..types.model_card import ReferenceSetCard
from .base import KINDS

DEFAULT_SET = "signature-bank"
SHORTLIST = 64  # signatures beyond those asked for whose distances are computed exactly: rounding is far smaller


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceSet:
    """Hold reference signatures.

    values: (N, D) float32.
    coordinates: (N, 2) in the 2D embedding.
    kinds, attacks: (N,) indices.
    thumbnails: (N, T, T) of their maps.
    typical: `typical_distance` of the values.
    people: (N,) a number for each person; by default three signatures in a row are of one.
    """

    values: Array
    coordinates: Array
    kinds: Array
    attacks: Array
    thumbnails: Array
    typical: float
    card: ReferenceSetCard
    people: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    _squares: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_squares", (self.values**2).sum(1))
        if not len(self.people):
            object.__setattr__(self, "people", np.arange(len(self.values)) // len(KINDS))

    def place(self, found: Signature, *, neighbours: int = 8, near_count: int = 15) -> Placement:
        """Place one signature in the embedding.

        Its coordinates are the mean of its `near_count` nearest neighbours' with UMAP's membership weights exp(-(d -
        d1) / sigma) (McInnes et al. 2018, arXiv:1802.03426, section 3.1). Differs: `UMAP.transform` goes on to
        optimise, and its answer depends on what else is in the batch; this one depends on the signature alone.
        """
        order, distance = self.nearest(found.values, max(neighbours, near_count))
        x, y = self.weighted_place(order[:near_count], distance[:near_count])
        listed = tuple(
            Neighbour(int(i), KINDS[int(self.kinds[i])], self.card.attacks[int(self.attacks[i])], float(away))
            for i, away in zip(order[:neighbours], distance[:neighbours], strict=True)
        )
        return Placement((x, y), listed, float(distance[0]) / self.typical)

    def weighted_place(self, near: Array, distance: Array) -> tuple[float, float]:
        """Return the weighted mean of neighbours' coordinates, `near` their indices (K,), nearest first."""
        excess = distance - distance[0]
        sigma = max(float(excess.mean()), 1e-12)
        weight = np.exp(-excess / sigma)
        x, y = (weight[:, None] * self.coordinates[near]).sum(0) / weight.sum()
        return float(x), float(y)

    def nearest(self, values: Array, count: int) -> tuple[Array, Array]:
        """Return the indices of the nearest signatures to one (D,), nearest first, and their distances.

        A product of matrices finds a few more than `count`; only their distances are computed in full.
        """
        likely = np.argsort(self._squares - 2 * (self.values @ values))[: count + SHORTLIST]
        likely.sort()
        distance = np.sqrt(((self.values[likely] - values) ** 2).sum(1, dtype=np.float64))
        order = np.argsort(distance, kind="stable")[:count]
        return likely[order], distance[order]


def typical_distance(values: Array) -> float:
    """Return the median distance to the nearest other signature in a set (N, D)."""
    square = (values**2).sum(1)
    distance = np.maximum(square[:, None] + square[None] - 2 * values @ values.T, 0)
    np.fill_diagonal(distance, np.inf)
    return float(np.median(np.sqrt(distance.min(1))))


@functools.cache
def load_reference_set(name: str = DEFAULT_SET, *, folder: Path | None = None) -> ReferenceSet:
    """Load the shipped reference set, verified; `InputError` when it is missing or altered."""
    card = read_card(name, ReferenceSetCard, folder=folder)
    parts = load_file(verified_file(name, card, folder=folder))
    values = parts["values"].astype(np.float32)
    return ReferenceSet(
        values,
        parts["places"],
        parts["kinds"],
        parts["attacks"],
        parts["thumbnails"].astype(np.float32),
        typical_distance(values),
        card,
        parts.get("people", np.zeros(0, np.int64)),
    )
