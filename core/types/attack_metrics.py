"""Hold what was measured of attacks and of attack detectors.

Fields are named like the keys of the record; shares and AUCs lie in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .arrays import Settings
from .recorded_fields import INLINE


@dataclass(frozen=True, slots=True)
class AttackEvaluation:
    """Hold the numbers of attacked faces, and of those then predicted real."""

    detector: str
    attack: str
    settings: Settings
    attacked: int
    called_real: int


@dataclass(frozen=True, slots=True)
class AttackDetection:
    """Hold accuracy and AUC on `n` unattacked and attacked crops; None without both."""

    accuracy: float | None
    auc: float | None
    n: tuple[int, int]


@dataclass(frozen=True, slots=True)
class AttackDetectionByInput:
    """Hold the metrics with the map, with a black map, and where predicted real."""

    with_map: AttackDetection = field(metadata=INLINE)
    map_black: AttackDetection
    called_real: AttackDetection


@dataclass(frozen=True, slots=True)
class AttackDetectorEvaluation:
    """Hold what `evaluate attack-detector --paper` measures on `n` faces."""

    attack_detector: str
    detector: str
    n: int
    no_verdict: int
    settings: Mapping[str, Settings]
    attacks: Mapping[str, AttackDetectionByInput]


@dataclass(frozen=True, slots=True)
class SweepRow:
    """Hold one point of a sweep: both shares with their 95 % intervals.

    eps_255: in 1/255. called_fake: number of faces before the attack, turned: of those predicted real after it.
    """

    attack: str
    eps_255: float
    faces: int
    called_fake: int
    turned: int
    success: float | None
    success_low: float
    success_high: float
    robust: float
    robust_low: float
    robust_high: float


@dataclass(frozen=True, slots=True)
class SweepEvaluation:
    """Hold what `evaluate sweep` measures."""

    detector: str
    version: str
    faces: int
    seed: int
    settings: Mapping[str, Settings]
    points: tuple[SweepRow, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileSweep:
    """Hold a sweep over faces of one file.

    detector: its version. faces: frame and track of each. chosen: in words, which faces. stopped: early.
    """

    detector: str
    seed: int
    settings: Mapping[str, Settings]
    faces: tuple[tuple[int, int], ...]
    chosen: str
    stopped: bool
    points: tuple[SweepRow, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one sign of a masked gradient.

    sign: its name.
    warned: whether it was found.
    sentence: what was seen, with its numbers.
    possible: False: so few faces cannot show it beyond chance, whatever comes out.
    """

    sign: str
    warned: bool
    sentence: str
    possible: bool = True


@dataclass(frozen=True, slots=True)
class GradientEvaluation:
    """Hold what `evaluate gradient` finds on `faces` faces predicted fake."""

    detector: str
    version: str
    attack: str
    settings: Settings
    faces: int
    queries: int
    seed: int
    findings: tuple[Finding, ...]
