"""Evaluate a deepfake detector on labelled media: by frame, video and kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..detectors import Detector
from ..media.datasets import Dataset, Item, count_reasons, open_dataset
from ..metrics.roc import auc
from ..progress import NO_PROGRESS, Progress
from ..types import InputError
from ..types.detector_metrics import (
    DetectorEvaluation,
    LongestTrackMetrics,
    MeanMetrics,
    MediaCounts,
    VideoMetrics,
)
from .fold_judges import source_of
from .medium_scores import MediumScores, judge_medium
from .rule_metrics import rule_metrics
from .score_metrics import accuracy, frame_metrics, kind_metrics, video_metrics


def evaluate_detector(
    detector: Detector,
    data: Path,
    *,
    frames: int = 16,
    limit: int | None = None,
    compression: str | None = None,
    rows: bool = False,
    judges: Mapping[str, Detector] | None = None,
    progress: Progress = NO_PROGRESS,
) -> DetectorEvaluation:
    """Evaluate a detector on a folder laid out as `open_dataset` says.

    Of a medium with several faces the one counts that stands for the file (`video_rules.file_verdict`). At the top
    level, a medium's score is its mean margin, and above 0 it is predicted fake. In "frame" each judged frame counts by
    itself (an image is one), see `frame_metrics`; in "video" each medium, see `video_metrics`, and each video's verdict
    in words by kind, see `rule_metrics`. "verdicts" counts the files' verdicts in words; "longest_track" has the same
    metrics when the longest track counts instead, and says for how many media that is another face. A frame on which a
    calibrated detector abstains has a margin all the same and counts; "abstained" says how many there are.

    Args:
        detector: the one that is measured.
        data: the folder.
        frames: of a video, evenly spaced.
        limit: media of each kind, evenly spaced; all by default.
        compression: of FaceForensics++, where there are several.
        rows: whether to list every medium with its score, or the reason for none.
        judges: by source (`source_of`), weights of the same training, or a calibration, that never saw the medium, to
            judge it instead.
        progress: told each medium, kind by kind; a stop raises `StopRequested`.
    """
    found = open_dataset(data, compression=compression).limited(limit)
    by_source = _judge_of(detector, judges or {})
    seen = [one for kind in found.kinds for one in _judge_kind(by_source, found.kinds[kind], kind, frames, progress)]
    judged = {kind: [one for one in seen if one.kind == kind and len(one.margins)] for kind in found.kinds}
    real, forged = judged["real"], [one for kind, ones in judged.items() if kind != "real" for one in ones]
    _check_judged(data, real, forged, seen)
    return DetectorEvaluation(
        detector=detector.name,
        layout=found.layout,
        by_mean=_by_mean(judged),
        counts=_counts(found, seen),
        frame=frame_metrics(detector, judged, seen),
        video=_by_video(judged, real, forged),
        kinds={kind: kind_metrics(real, ones, kind == "real") for kind, ones in judged.items()},
        verdicts={kind: dict(Counter(one.band for one in seen if one.kind == kind)) for kind in found.kinds},
        longest_track=_by_longest(judged),
        rows=tuple(one.row() for one in seen) if rows else None,
    )


def _check_judged(data: Path, real: list[MediumScores], forged: list[MediumScores], seen: list[MediumScores]) -> None:
    """Refuse a folder of which no real or no forged medium could be judged."""
    if real and forged:
        return
    reason = count_reasons(one.reason for one in seen if one.reason and (one.kind == "real") == (not real))
    where = "the forgeries" if real else "real/"
    raise InputError(f"{data}: no face could be judged in {where}; what came of it most often: {next(iter(reason))}")


def _judge_of(detector: Detector, judges: Mapping[str, Detector]) -> Callable[[Item], Detector]:
    """Choose an item's judge by its source.

    A judge without a calibration gets the detector's own. Other weights have other features, so that such a judge does
    not abstain on faces unlike those of the calibration.
    """
    known = detector.calibration and replace(detector.calibration, ood=None)
    instead = {
        source: judge if judge.calibration else replace(judge, calibration=known) for source, judge in judges.items()
    }
    return lambda item: instead.get(source_of(Path(item.path)), detector)


def _by_video(
    judged: dict[str, list[MediumScores]], real: list[MediumScores], forged: list[MediumScores]
) -> VideoMetrics:
    by_medium, by_rule = video_metrics(real, forged), rule_metrics(judged)
    n = {**by_medium.n, **by_rule.n}
    return VideoMetrics(replace(by_medium, n=n), replace(by_rule, n=n))


def _judge_kind(
    judge_of: Callable[[Item], Detector], items: list[Item], kind: str, frames: int, progress: Progress
) -> list[MediumScores]:
    followed = progress.each(items, f"Judging {kind}, media")
    seen = [judge_medium(judge_of(item), item, kind, frames=frames) for item in followed]
    missing = sum(one.reason is not None for one in seen)
    progress.emit(f"{kind}: {len(seen) - missing} judged, {missing} without a verdict")
    return seen


def _by_mean(judged: dict[str, list[MediumScores]]) -> MeanMetrics:
    """Compute AUC by kind, accuracy and shares predicted fake from mean margins."""
    scores = {kind: np.asarray([one.margins.mean() for one in ones]) for kind, ones in judged.items()}
    real = scores["real"]
    fakes = {kind: fake for kind, fake in scores.items() if kind != "real" and len(fake)}
    everything = np.concatenate(list(fakes.values()))
    return MeanMetrics(
        auc={"all": auc(real, everything), **{kind: auc(real, fake) for kind, fake in fakes.items()}},
        accuracy=accuracy(real, everything),
        called_fake={kind: float((s > 0).mean()) for kind, s in scores.items() if len(s)},
        mean_margin={kind: float(s.mean()) for kind, s in scores.items() if len(s)},
        n={kind: len(s) for kind, s in scores.items()},
    )


def _by_longest(judged: dict[str, list[MediumScores]]) -> LongestTrackMetrics:
    """Compute the metrics by medium when the longest track counts."""
    longest = {kind: [one.longest or replace(one, label=None) for one in ones] for kind, ones in judged.items()}
    video = video_metrics(longest["real"], [one for kind, ones in longest.items() if kind != "real" for one in ones])
    another = sum(one.longest is not None for ones in judged.values() for one in ones)
    return LongestTrackMetrics(another, _by_mean(longest), video.Vid, video.F2F)


def _counts(found: Dataset, seen: list[MediumScores]) -> MediaCounts:
    """Count what was not judged, and what was not used."""
    without = [one for one in seen if one.reason]
    return MediaCounts(
        no_verdict={kind: sum(one.kind == kind for one in without) for kind in found.kinds},
        no_verdict_reasons=count_reasons(str(one.reason) for one in without),
        abstained=sum(one.abstained for one in seen),
        left_out=found.left_out,
        files_not_used=found.other,
        empty_folders=found.empty,
    )
