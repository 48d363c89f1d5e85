"""Hold signatures and their placement among reference signatures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array, check


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """Hold a signature `values` (D,) float32 of the face with the id `of`."""

    kind: str
    values: Array
    of: str

    def __post_init__(self) -> None:
        fine = self.values.ndim == 1 and self.values.dtype == np.float32
        check(fine, "a signature is (D,) float32", self.values.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Neighbour:
    """Hold a reference signature near a face's: `distance` is Euclidean, in the original space."""

    index: int
    kind: str
    attack: str
    distance: float


@dataclass(frozen=True, slots=True)
class KindShare:
    """Hold how many of the nearest reference signatures are of one kind.

    share: in [0, 1]; interval: its 95 % one, as if neighbours were independent.
    """

    kind: str
    count: int
    share: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class NeighbourEvidence:
    """Hold what the nearest reference signatures say, in the original space.

    shares: by kind, in the order of kinds.
    distance: to the last of them.
    percentile: of 100 clean references, how many are nearer to theirs, of other people.
    p: conformal; outside: whether it is 0.05 at most. Both and `percentile` are None where the reference is too small.
    compared: how many clean references have as many of other people: enough of them tell what is usual.
    ring: radius on the plane: how far the place moves at most when one neighbour is left out.
    few: whether there are fewer neighbours than vote.
    one_kind: whether all references that it could be near to are of one kind.
    left_out: how many references were not compared with, as they are of the face or of its person.
    there: what of the face is among these: the "face" itself; else only an "attacked" version of it, another "picture"
        of it, or of its "file", which may show it; "" for nothing. It is said and not recorded.
    """

    shares: tuple[KindShare, ...]
    distance: float
    percentile: float | None
    p: float | None
    outside: bool | None
    compared: int
    ring: float
    few: bool = False
    one_kind: bool = False
    left_out: int = 0
    there: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Hold a signature's coordinates, neighbours and novelty.

    xy: coordinates in the 2D embedding.
    neighbours: nearest reference signatures in the original space, the nearest first.
    novelty: nearest distance over the median of such distances inside the reference set; well above 1 means unlike
        anything in it.
    evidence: what the neighbours say.
    """

    xy: tuple[float, float]
    neighbours: tuple[Neighbour, ...]
    novelty: float
    evidence: NeighbourEvidence
