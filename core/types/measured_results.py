"""Hold the results of measurements by their kind, as they are read from files.

Fields are named like the keys of the files, shares and AUCs lie in [0, 1], intervals are of 95 %. Files of older
versions lack some keys: these fields have a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .answer_scope import AnswerEvaluation
from .arrays import Settings, check
from .attack_metrics import AttackDetection, SweepRow
from .calibration import Interval
from .corruption_metrics import CorruptionMetrics, Disparity, GroupMetrics
from .map_summaries import KeptRow, MapQuality, MeanEffect, RuleConservation
from .recorded_fields import INLINE
from .shortcut_metrics import ShortcutEvaluation
from .signature_metrics import SignatureEvaluation
from .synthetic_metrics import SyntheticEvaluation

Shares = Mapping[str, float | None]  # by kind of media
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ScoreIntervals:
    """Hold the intervals of the metrics of scores."""

    auc: Interval | None = None
    eer: Interval | None = None
    ap: Interval | None = None
    accuracy: Interval | None = None
    precision: Interval | None = None
    ece: Interval | None = None


@dataclass(frozen=True, slots=True)
class MeasuredFrames:
    """Hold the metrics over frames, each by itself."""

    auc: float | None = None
    eer: float | None = None
    ap: float | None = None
    accuracy: float | None = None
    precision: float | None = None
    ece: float | None = None
    intervals: ScoreIntervals = field(default_factory=ScoreIntervals)


@dataclass(frozen=True, slots=True)
class MeasuredMedia:
    """Hold the metrics over media, and those of videos' verdicts.

    auc_by_kind, inconclusive, wrong_and_sure: by kind of video; None without a video.
    """

    n: Counts
    auc: float | None = None
    accuracy: float | None = None
    precision: float | None = None
    intervals: ScoreIntervals = field(default_factory=ScoreIntervals)
    auc_by_kind: Shares | None = None
    inconclusive: Mapping[str, float] | None = None
    wrong_and_sure: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class MeasuredKind:
    """Hold the metrics of one kind of media; None where they were not counted."""

    n: int | None = None
    n_frames: int | None = None
    Vid: float | None = None
    Vid_interval: Interval | None = None
    F2F: float | None = None
    F2F_interval: Interval | None = None
    auc_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class MeasuredDetector:
    """Hold what `evaluate detector` measured.

    n, auc, called_fake: by kind of media. no_verdict: likewise, or their number.
    verdicts: number of files by kind and verdict in words.
    """

    n: Counts = field(default_factory=dict)
    auc: Shares | None = None
    called_fake: Shares | None = None
    no_verdict: Counts | int = 0
    no_verdict_reasons: Counts = field(default_factory=dict)
    frame: MeasuredFrames | None = None
    video: MeasuredMedia | None = None
    kinds: Mapping[str, MeasuredKind] = field(default_factory=dict)
    verdicts: Mapping[str, Counts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MeasuredCorruptions:
    """Hold what `evaluate conditions` measured; n, auc, called_fake: of unchanged images by kind."""

    conditions: tuple[CorruptionMetrics, ...]
    n: Counts = field(default_factory=dict)
    auc: Shares | None = None
    called_fake: Shares | None = None
    groups: tuple[GroupMetrics, ...] = ()
    gaps: tuple[Disparity, ...] = ()
    annotation: str = ""


@dataclass(frozen=True, slots=True)
class MeasuredAttack:
    """Hold what `evaluate attack` measured: faces attacked, and those then called real."""

    attacked: int
    called_real: int
    attack: str = ""
    settings: Settings | None = None


@dataclass(frozen=True, slots=True)
class MeasuredFileAttack:
    """Hold counts of an attacked file's faces.

    called_fake_before, called_real_after: before the attack, and as read from the written file.
    """

    called_fake_before: int
    called_real_after: int
    share: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class MeasuredDetection:
    """Hold how attacks of one kind are told from unattacked crops.

    called_real: where the crop is called real; map_black: without its map.
    """

    everywhere: AttackDetection = field(metadata=INLINE)
    called_real: AttackDetection | None = None
    map_black: AttackDetection | None = None


@dataclass(frozen=True, slots=True)
class MeasuredAttackDetector:
    """Hold what `evaluate attack-detector --paper` measured, by attack."""

    attacks: Mapping[str, MeasuredDetection] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MeasuredSweep:
    """Hold what `evaluate sweep` measured."""

    points: tuple[SweepRow, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasuredConservation:
    """Hold what LRP conserves, by composite."""

    rules: Mapping[str, RuleConservation]


@dataclass(frozen=True, slots=True)
class MeasuredMaps:
    """Hold the quality of maps on `faces` faces, by map and metric."""

    faces: int
    maps: Mapping[str, Mapping[str, MapQuality]]


@dataclass(frozen=True, slots=True)
class MeasuredCritical:
    """Hold the effect of an attack in the critical pixels of `n` faces."""

    attack: str
    n: int
    whole_attack: MeanEffect
    rows: tuple[KeptRow, ...]


@dataclass(frozen=True, slots=True)
class MeasuredBenchRow:
    """Hold one method beside a peer's; what begins with `peer_` is the peer's. `ratio` is above 1 where ours is faster.

    detector, at, note: "" where they are not known.
    """

    peer: str
    ratio: float | None
    interval: tuple[float | None, float | None]
    attack: str = ""
    map: str = ""
    detector: str = ""
    at: str = ""
    note: str = ""
    cost: float | None = None
    passes: float | None = None
    peer_passes: float | None = None
    success: float | None = None
    peer_success: float | None = None
    peer_success_8bit: float | None = None
    l2: float | None = None
    peer_l2: float | None = None


@dataclass(frozen=True, slots=True)
class MeasuredBench:
    """Hold what a bench measured; pairs: of runs, None where not known."""

    rows: tuple[MeasuredBenchRow, ...]
    pairs: int | None = None
    threads: int = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasuredWait:
    """Hold a wait, or an amount of memory, over a peer's.

    aim: the largest ratio that is wanted.
    """

    what: str
    over: str
    ratio: float | None
    interval: tuple[float | None, float | None]
    aim: float | None = None


@dataclass(frozen=True, slots=True)
class MeasuredGrowth:
    """Hold the exponent with which a wait grows."""

    what: str
    over: str
    exponent: float | None
    interval: tuple[float | None, float | None]
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasuredPipeline:
    """Hold what `bench pipeline` measured; threads: None where torch chose."""

    rows: tuple[MeasuredWait, ...]
    pairs: int
    growth: tuple[MeasuredGrowth, ...] = ()
    self_ratio: float | None = None
    self_interval: tuple[float | None, float | None] = (None, None)
    threads: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasuredSignatures:
    """Hold how well kinds of signatures separate faces, by their names."""

    kinds: Mapping[str, SignatureEvaluation] = field(metadata=INLINE)

    def __post_init__(self) -> None:
        check(bool(self.kinds), "signatures are measured by kind, one at least", "none")


@dataclass(frozen=True, slots=True)
class MeasuredFacts:
    """Hold what was measured otherwise, by name."""

    facts: Mapping[str, Any]


MeasuredResult = (
    MeasuredDetector
    | MeasuredCorruptions
    | ShortcutEvaluation
    | MeasuredAttack
    | MeasuredFileAttack
    | MeasuredAttackDetector
    | AnswerEvaluation
    | SyntheticEvaluation
    | MeasuredSweep
    | MeasuredConservation
    | MeasuredMaps
    | MeasuredCritical
    | MeasuredBench
    | MeasuredPipeline
    | MeasuredSignatures
    | MeasuredFacts
)
