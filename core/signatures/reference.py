"""Hold and load reference signatures."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from ..storage.cards import read_card, verified_file
from ..types import Array
from ..types.model_card import ReferenceSetCard
from .base import KINDS
from .reference_distance import nearest_references, typical_distance

DEFAULT_SET = "signature-bank"


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceSet:
    """Hold reference signatures.

    values: (N, D) float32.
    coordinates: (N, 2) in the 2D embedding.
    kinds, attacks: (N,) indices.
    thumbnails: (N, T, T) of their maps.
    typical: `typical_distance` of the values.
    people: (N,) a number for each person; by default three signatures in a row are of one.
    people_known: whether they came with the set.
    """

    values: Array
    coordinates: Array
    kinds: Array
    attacks: Array
    thumbnails: Array
    typical: float
    card: ReferenceSetCard
    people: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    people_known: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "people_known", bool(len(self.people)))
        if not self.people_known:
            object.__setattr__(self, "people", np.arange(len(self.values)) // len(KINDS))

    def weighted_place(self, near: Array, distance: Array) -> tuple[float, float]:
        """Return the weighted mean of neighbours' coordinates, `near` their indices (K,), nearest first."""
        excess = distance - distance[0]
        sigma = max(float(excess.mean()), 1e-12)
        weight = np.exp(-excess / sigma)
        x, y = (weight[:, None] * self.coordinates[near]).sum(0) / weight.sum()
        return float(x), float(y)

    def nearest(self, values: Array, count: int) -> tuple[Array, Array]:
        """Return the indices of the nearest signatures to one (D,), nearest first, and their distances."""
        indices, distances = nearest_references(values[None], self.values, count)
        return indices[0], distances[0]


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
