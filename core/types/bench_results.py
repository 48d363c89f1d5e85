"""Hold what the benches measure: ours beside the libraries', in one run.

Fields are named like the keys of the record. Intervals are of 95 %; what does not exist is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .arrays import Settings
from .calibration import Interval
from .recorded_fields import INLINE


@dataclass(frozen=True, slots=True)
class AttackBenchRow:
    """Hold one attack beside one peer; what begins with `peer_` is the peer's.

    at: "equal steps" or "equal success". ratio: the peer's time by ours, above 1 where ours is faster.
    passes: forward and backward ones, a mean over faces; limit: those that the algorithm needs.
    success: share of faces that are flipped. l2, linf: means over the faces that `both` flip.
    *_8bit: of the image rounded to 8 bits. limit_ratio: passes by limit. seconds: median processor time.
    by_pass: whether `ratio` is of the time of a pass. self_ratio: the peer against itself beside this row.
    budget: the settings; stop_at: the score at which both stop.
    """

    attack: str
    peer: str
    at: str
    ratio: float
    interval: Interval
    passes: float
    limit: float
    success: float
    l2: float | None
    linf: float | None
    peer_passes: float
    peer_limit: float
    peer_success: float
    peer_l2: float | None
    peer_linf: float | None
    peer_success_8bit: float
    peer_l2_8bit: float | None
    peer_linf_8bit: float | None
    both: int
    limit_ratio: float
    peer_limit_ratio: float
    seconds: float
    peer_seconds: float
    by_pass: bool
    self_ratio: float
    budget: Settings
    stop_at: float | None


@dataclass(frozen=True, slots=True)
class AttackBench:
    """Hold what `bench attacks` measures.

    self_ratio: the peer against itself, where it is farthest from 1; thrown_away: number of repeated rows.
    called_fake: how many of the `faces` the detector calls fake. peers: the libraries' versions, None where missing.
    timed, judged: what is timed and judged, in words.
    """

    rows: tuple[AttackBenchRow, ...]
    self_ratio: float
    thrown_away: int
    detector: str
    faces: int
    called_fake: int
    pairs: int
    threads: int
    seed: int
    peers: Mapping[str, str | None]
    torch: str
    timed: str
    judged: str


@dataclass(frozen=True, slots=True)
class FineDistance:
    """Hold relative distances to Integrated Gradients with many nodes: ours, the peer's."""

    distance: float | None
    peer_distance: float | None
    distance_to_nodes: int


@dataclass(frozen=True, slots=True)
class MapDifference:
    """Hold how a map and its peer's differ.

    figure: the name of the quality metric. difference: the largest one, over the peer's largest value.
    """

    figure: str
    difference: float | None
    fine: FineDistance | None = field(default=None, metadata=INLINE)


@dataclass(frozen=True, slots=True)
class MapBenchRow:
    """Hold one map beside its peer on one detector.

    cost, peer_cost: in units of a forward and a backward pass.
    ratio: the peer's time by ours. passes, backwards: forward and backward ones. quality: the metric that
    `beside` names; both are None where maps are not compared.
    settings: of ours. unit_seconds: median processor time of a unit. weights: "installed" or "random".
    """

    map: str
    detector: str
    cost: float | None
    peer: str
    peer_cost: float | None
    ratio: float | None
    interval: tuple[float | None, float | None]
    passes: int
    quality: float | None
    peer_quality: float | None
    beside: MapDifference | None = field(metadata=INLINE)
    cost_interval: tuple[float | None, float | None]
    peer_cost_interval: tuple[float | None, float | None]
    backwards: int
    peer_passes: int
    peer_backwards: int
    settings: Settings
    unit_seconds: float | None
    weights: str


@dataclass(frozen=True, slots=True)
class MapBench:
    """Hold what `bench maps` measures.

    pipeline: overhead of each map as a share of the whole pipeline, on the first detector; pipelines: on each.
    paper: the overheads that Pinhasov et al. report. self_ratio: the unit against itself; steady: whether it is near 1.
    """

    rows: tuple[MapBenchRow, ...]
    pipeline: Mapping[str, float]
    pipelines: Mapping[str, Mapping[str, float]]
    paper: Mapping[str, float]
    self_ratio: float | None
    steady: bool
    pairs: int
    threads: int
    seed: int
    torch: str
