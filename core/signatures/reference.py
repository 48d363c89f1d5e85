"""Reference signatures, and the place of a signature among them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from ..storage.cards import Card, read_card, verified_file
from ..types import Array, Neighbour, Placement, Signature
from .base import KINDS

BANK = "signature-bank"


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """Reference signatures: values (N, D) float32, places (N, 2), kind and attack of each, map thumbnails (N, T, T)."""

    values: Array
    places: Array
    kinds: Array
    attacks: Array
    thumbnails: Array
    typical: float
    card: Card

    def place(self, found: Signature, *, neighbours: int = 8, spread: int = 15) -> Placement:
        """Place one signature among the bank's.

        The place is the mean of its `spread` nearest neighbours' places with UMAP's membership weights
        exp(-(d - d1) / sigma) (McInnes et al. 2018, arXiv:1802.03426, section 3.1). Differs: `UMAP.transform` goes on
        to optimise, and its answer depends on what else is in the batch; this one depends on the signature alone.
        """
        distance = np.sqrt(((self.values - found.values) ** 2).sum(1, dtype=np.float64))
        order = np.argsort(distance, kind="stable")
        near = order[:spread]
        gap = distance[near] - distance[near[0]]
        sigma = max(float(gap.mean()), 1e-12)
        weight = np.exp(-gap / sigma)
        x, y = (weight[:, None] * self.places[near]).sum(0) / weight.sum()
        listed = tuple(
            Neighbour(int(i), KINDS[int(self.kinds[i])], self.card["attacks"][int(self.attacks[i])], float(distance[i]))
            for i in order[:neighbours]
        )
        return Placement((float(x), float(y)), listed, float(distance[order[0]]) / self.typical)


def typical_distance(values: Array) -> float:
    """The median, over a bank (N, D), of the distance to the nearest other signature."""
    square = (values**2).sum(1)
    distance = np.maximum(square[:, None] + square[None] - 2 * values @ values.T, 0)
    np.fill_diagonal(distance, np.inf)
    return float(np.median(np.sqrt(distance.min(1))))


@functools.cache
def load_bank(name: str = BANK, *, folder: Path | None = None) -> Bank:
    """The shipped bank, after its checksum; `InputError` when it is missing or altered."""
    card = read_card(name, folder=folder)
    parts = load_file(verified_file(name, card, folder=folder))
    values = parts["values"].astype(np.float32)
    return Bank(
        values,
        parts["places"],
        parts["kinds"],
        parts["attacks"],
        parts["thumbnails"].astype(np.float32),
        typical_distance(values),
        card,
    )
