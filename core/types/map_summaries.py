"""Hold what was measured of attribution maps over many faces.

Fields are named like the keys of the record; what does not exist is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .arrays import Settings
from .recorded_fields import INLINE, LEFT_OUT


@dataclass(frozen=True, slots=True)
class MeanOfFaces:
    """Hold the mean over `n` faces and its 95 % bootstrap interval."""

    n: int
    mean: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class RangeOfFaces:
    """Hold the smallest, the median and the largest value of faces."""

    min: float
    median: float
    max: float


@dataclass(frozen=True, slots=True)
class SummaryOfFaces:
    """Hold a mean over faces beside their median and quartiles."""

    average: MeanOfFaces = field(metadata=INLINE)
    median: float | None
    iqr: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class MapQuality:
    """Hold a quality metric of a map over faces.

    better: "higher", "lower", "near one" or "".
    degenerate: number of faces on which it says nothing; they are not summarised.
    than_chance: by how much the map is better than noise; None where that is not compared.
    """

    better: str
    degenerate: int
    values: SummaryOfFaces = field(metadata=INLINE)
    than_chance: MeanOfFaces | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, slots=True)
class RuleConservation:
    """Hold the share of the output that one composite conserves on `n` faces.

    without_biases, with_biases: without and with the relevance of biases.
    near: share of the faces on which all but 5 % is conserved, biases included.
    """

    without_biases: RangeOfFaces
    with_biases: RangeOfFaces
    near: float
    n: int


@dataclass(frozen=True, slots=True)
class Conservation:
    """Hold a detector's conservation, by composite.

    weights: their SHA-256, or "random, seed N".
    """

    weights: str | None
    rules: Mapping[str, RuleConservation]


@dataclass(frozen=True, slots=True)
class MeanEffect:
    """Hold the mean effect of an attack that is kept in some pixels.

    fall: of `p_fake`; part: of the whole attack's change of the margin; real: share then predicted real.
    """

    fall: MeanOfFaces
    part: MeanOfFaces
    real: MeanOfFaces


@dataclass(frozen=True, slots=True)
class KeptRow:
    """Hold the effects in a share of the pixels, by place.

    than_moved, than_random: the paired difference of `fall` in the critical pixels' favour.
    """

    purpose: str
    share: float
    critical: MeanEffect
    moved: MeanEffect
    random: MeanEffect
    than_moved: MeanOfFaces
    than_random: MeanOfFaces


@dataclass(frozen=True, slots=True)
class CriticalRegions:
    """Hold the effect of an attack in the critical pixels of `n` faces.

    samples: of the SHAP values; without_effect: number of faces that the attack hardly moves.
    """

    attack: str
    settings: Settings
    samples: int
    n: int
    without_effect: int
    whole_attack: MeanEffect
    rows: tuple[KeptRow, ...]


@dataclass(frozen=True, slots=True)
class MapsOfDetector:
    """Hold what was measured of one detector's maps on faces predicted fake.

    weights: their SHA-256. worth: by map and metric. worth, critical: None where not asked for.
    """

    detector: str
    weights: str | None
    faces: int
    worth: Mapping[str, Mapping[str, MapQuality]] | None = field(default=None, metadata=LEFT_OUT)
    critical: CriticalRegions | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, slots=True)
class MapEvaluation:
    """Hold what `evaluate maps` measures; what was not asked for is None.

    data: the folder's name. conservation: by detector.
    """

    data: str
    seed: int
    limit: int
    conservation: Mapping[str, Conservation] | None = field(default=None, metadata=LEFT_OUT)
    of_detector: MapsOfDetector | None = field(default=None, metadata=INLINE)
