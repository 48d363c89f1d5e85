"""Hold what was measured of a deepfake detector: by frame, medium and kind.

Fields are named like the keys of the record. Shares and AUCs lie in [0, 1], intervals are of 95 %; what does not exist
is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .calibration import Interval
from .recorded_fields import INLINE, LEFT_OUT

ByKind = Mapping[str, float]  # a share or a mean by kind of media
Counts = Mapping[str, int]
Intervals = Mapping[str, Interval | None]


@dataclass(frozen=True, slots=True)
class MeanMetrics:
    """Hold the metrics of media by their mean margin.

    auc: of each kind against real media; "all" is of all forgeries.
    accuracy: of all media.
    called_fake, mean_margin, n: by kind.
    """

    auc: Mapping[str, float | None]
    accuracy: float
    called_fake: ByKind
    mean_margin: ByKind
    n: Counts


@dataclass(frozen=True, slots=True)
class LongestTrackMetrics:
    """Hold the metrics by medium where the longest track counts.

    another_face: number of media of which that is another face.
    Vid, F2F: as in `MediumMetrics`.
    """

    another_face: int
    by_mean: MeanMetrics = field(metadata=INLINE)
    Vid: ByKind
    F2F: ByKind


@dataclass(frozen=True, slots=True)
class FrameIntervals:
    """Hold the intervals of `FrameMetrics`; None from fewer than two media."""

    auc: Interval | None
    eer: Interval | None
    ap: Interval | None
    accuracy: Interval | None
    precision: Interval | None
    ece: Interval | None


@dataclass(frozen=True, slots=True)
class FrameMetrics:
    """Hold the metrics over frames, each by itself.

    ece: expected calibration error of `p_fake` under balanced classes; of a raw score where not `calibrated`.
    n: number of judged frames, real and fake; no_verdict: number of the others.
    inconclusive: share of the judged frames by kind.
    """

    auc: float | None
    eer: float | None
    ap: float | None
    accuracy: float | None
    precision: float | None
    ece: float | None
    calibrated: bool
    n: Counts
    no_verdict: int
    intervals: FrameIntervals
    inconclusive: ByKind


@dataclass(frozen=True, slots=True)
class MediumIntervals:
    """Hold the intervals of `MediumMetrics`."""

    auc: Interval | None
    accuracy: Interval | None
    precision: Interval | None
    Vid: Intervals
    F2F: Intervals


@dataclass(frozen=True, slots=True)
class MediumMetrics:
    """Hold the metrics over media, by their labels (`FileVerdict.label`).

    Vid, F2F: shares of right labels of real and fake media, and of their frames (Pinhasov et al. 2024, table 1).
    n: number of media by class, and of videos by kind where `VideoRuleMetrics` stand beside.
    """

    auc: float | None
    accuracy: float | None
    precision: float | None
    Vid: ByKind
    F2F: ByKind
    n: Counts
    intervals: MediumIntervals


@dataclass(frozen=True, slots=True)
class RuleIntervals:
    """Hold the intervals of `VideoRuleMetrics` by kind."""

    auc_by_kind: Intervals
    called_fake: Intervals
    inconclusive: Intervals
    wrong_and_sure: Intervals


@dataclass(frozen=True, slots=True)
class VideoRuleMetrics:
    """Hold the metrics of videos' verdicts by kind; None where there is no video."""

    auc_by_kind: Mapping[str, float | None] | None = None
    called_fake: ByKind | None = None
    inconclusive: ByKind | None = None
    wrong_and_sure: ByKind | None = None
    n: Counts = field(default_factory=dict)
    rule_intervals: RuleIntervals | None = None


@dataclass(frozen=True, slots=True)
class VideoMetrics:
    """Hold the metrics of media and of videos' verdicts; their `n` are equal."""

    by_medium: MediumMetrics = field(metadata=INLINE)
    by_rule: VideoRuleMetrics = field(metadata=INLINE)


@dataclass(frozen=True, slots=True)
class ClassShares:
    """Hold *Vid* and *F2F* of one class."""

    Vid: float
    Vid_interval: Interval
    F2F: float
    F2F_interval: Interval | None


@dataclass(frozen=True, slots=True)
class ForgeryAucs:
    """Hold a forgery's AUC against real media, by medium and by frame."""

    auc: float | None
    auc_interval: Interval | None
    frame_auc: float | None
    frame_auc_interval: Interval | None


@dataclass(frozen=True, slots=True)
class KindMetrics:
    """Hold one kind's numbers of judged media and frames, and its metrics, if any."""

    n: int
    n_frames: int
    shares: ClassShares | None = field(default=None, metadata=INLINE)
    against_real: ForgeryAucs | None = field(default=None, metadata=INLINE)


@dataclass(frozen=True, slots=True)
class MediumRow:
    """Hold one medium's row: the track that stands for the file, or why there is none.

    score: mean margin; longest_track: that of the longest track.
    label: the file's, "real" or "fake"; band: the verdict in words.
    """

    path: str
    kind: str
    score: float | None
    p_fake: float | None
    label: str | None
    band: str
    share_fake: float | None
    track: int | None
    longest_track: float | None
    frames_looked: int
    frames_judged: int
    frames_abstained: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class MediaCounts:
    """Count what was not judged (by kind, by reason), and what was not used."""

    no_verdict: Counts
    no_verdict_reasons: Counts
    abstained: int
    left_out: Counts
    files_not_used: int
    empty_folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DetectorEvaluation:
    """Hold what `evaluate detector` measures.

    verdicts: number of files by kind and verdict in words.
    rows: every medium, where they were asked for.
    """

    detector: str
    layout: str
    by_mean: MeanMetrics = field(metadata=INLINE)
    counts: MediaCounts = field(metadata=INLINE)
    frame: FrameMetrics
    video: VideoMetrics
    kinds: Mapping[str, KindMetrics]
    verdicts: Mapping[str, Counts]
    longest_track: LongestTrackMetrics
    rows: tuple[MediumRow, ...] | None = field(default=None, metadata=LEFT_OUT)
