"""Signatures and their place among reference signatures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array, check


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """A face's signature: `values` (D,) float32, of the face or result with the id `of`."""

    kind: str
    values: Array
    of: str

    def __post_init__(self) -> None:
        fine = self.values.ndim == 1 and self.values.dtype == np.float32
        check(fine, "a signature is (D,) float32", self.values.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Neighbour:
    """One reference signature near a face's: `distance` is Euclidean, in the original space."""

    index: int
    kind: str
    attack: str
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where a signature lies: `xy` on the plane, its nearest neighbours, and `novelty`: the nearest distance as a
    multiple of the median of such distances inside the bank (well above 1: unlike anything in the bank)."""

    xy: tuple[float, float]
    neighbours: tuple[Neighbour, ...]
    novelty: float
