"""Evaluate a deepfake detector on labelled media: by frame, video and kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import pipeline
from ..detectors import Detector
from ..detectors.video_rules import NO_VERDICT, file_verdict
from ..media.datasets import Dataset, Item, count_reasons, open_dataset, without_name
from ..media.open import evenly_spaced
from ..metrics.calibration_error import expected_calibration_error
from ..metrics.intervals import Group, Statistic, bootstrap, wilson
from ..metrics.roc import auc, average_precision, equal_error_rate
from ..types import Array, InputError, JudgedFace
from ..types.tracks import Track

Report = Callable[[str], None]
Metrics = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class MediumScores:
    """Hold the scores of one medium by its main track.

    margins: (F,) fake logit minus real logit of the track's F judged frames; empty where none was judged.
    p_fake: (F,) their scores in [0, 1].
    looked: number of frames that were searched.
    abstained: on how many of the F frames a calibrated detector abstains.
    reason: why there is no verdict; None where there is one.
    band: the file's verdict in words.
    track: the track's number; None where there is none.
    longest: the same medium by its longest track, where that is another one.
    """

    item: Item
    kind: str
    margins: Array
    p_fake: Array
    looked: int = 0
    abstained: int = 0
    reason: str | None = None
    band: str = NO_VERDICT
    track: int | None = None
    longest: MediumScores | None = None

    @property
    def share_fake(self) -> float:
        """Return the share of judged frames predicted fake."""
        return float((self.margins > 0).mean())

    def row(self) -> Metrics:
        """Record the medium: path, kind, scores, label by majority, band, frames, reason.

        All are of the track that stands for the file; "longest_track" has the score of the longest one.
        """
        judged = len(self.margins) > 0
        return {
            "path": self.item.path,
            "kind": self.kind,
            "score": float(self.margins.mean()) if judged else None,
            "p_fake": float(self.p_fake.mean()) if judged else None,
            "label": ("fake" if self.share_fake > 0.5 else "real") if judged else None,
            "band": self.band,
            "share_fake": self.share_fake if judged else None,
            "track": self.track,
            "longest_track": float((self.longest or self).margins.mean()) if judged else None,
            "frames_looked": self.looked,
            "frames_judged": len(self.margins),
            "frames_abstained": self.abstained,
            "reason": self.reason,
        }


def judge_medium(detector: Detector, item: Item, kind: str, *, frames: int) -> MediumScores:
    """Judge a medium by the dashboard's rule on at most `frames` evenly spaced frames.

    A folder of images is a video whose frames are files: of each the largest face that can be judged.

    Args:
        detector: the one that judges.
        item: the medium.
        kind: of the dataset.
        frames: at most.
    """
    judged: list[JudgedFace] = []
    reasons, looked, still = Counter[str](), 0, False
    for number in evenly_spaced(len(item.files), frames):
        file = item.files[number]
        try:
            media = pipeline.open_media(file)
            here = pipeline.analyse(media, detector, frames=frames)
        except InputError as error:
            looked += 1
            reasons[without_name(error, file)] += 1
            continue
        looked += min(frames, media.frames)
        still = media.kind == "image" and len(item.files) == 1
        judged += here if len(item.files) == 1 else _as_frame(here, number)
        reasons.update(one.reason for one in here if one.reason)
    verdict = file_verdict(judged, detector.band_thresholds, still=still)
    if verdict.main is None:
        seen = "" if looked == 1 else f" in the {looked} frames that were looked at"
        reason = reasons.most_common(1)[0][0] if reasons else f"{NO_VERDICT}: no face was found{seen}."
        return MediumScores(item, kind, np.zeros(0), np.zeros(0), looked, reason=reason)
    main, longest = verdict.main, verdict.tracks[0]
    seen_by = _by_track(item, kind, looked, verdict.band, main.track)
    if longest is main:
        return seen_by
    return replace(seen_by, longest=_by_track(item, kind, looked, longest.band, longest.track))


def _by_track(item: Item, kind: str, looked: int, band: str, track: Track) -> MediumScores:
    abstained = sum(verdict.abstained is not None for verdict in track.verdicts)
    return MediumScores(item, kind, track.margins, track.p_fake, looked, abstained, band=band, track=track.number)


def _as_frame(judged: list[JudgedFace], number: int) -> list[JudgedFace]:
    """Make an image's largest judged face a frame of one track."""
    largest = next((one for one in judged if one.verdict), None)
    return [replace(largest, face=replace(largest.face, frame=number, track=0))] if largest else []


def evaluate_detector(
    detector: Detector,
    data: Path,
    *,
    frames: int = 16,
    limit: int | None = None,
    compression: str | None = None,
    rows: bool = False,
    report: Report = lambda _: None,
) -> Metrics:
    """Evaluate a detector on a folder laid out as `open_dataset` says.

    Of a medium with several faces the one counts that stands for the file (`video_rules.file_verdict`). At the top
    level, a medium's score is its mean margin, and above 0 it is predicted fake. In "frame" each judged frame counts by
    itself (an image is one), see `frame_metrics`; in "video" each medium, see `video_metrics`. "verdicts" counts the
    files' verdicts in words; "longest_track" has the same metrics when the longest track counts instead, and says for
    how many media that is another face. A frame on which a calibrated detector abstains has a margin all the same and
    counts; "abstained" says how many there are.

    Args:
        detector: the one that is measured.
        data: the folder.
        frames: of a video, evenly spaced.
        limit: media of each kind, evenly spaced; all by default.
        compression: of FaceForensics++, where there are several.
        rows: whether to list every medium with its score, or the reason for none.
        progress: told each medium, kind by kind; a stop raises `StopRequested`.
    """
    found = open_dataset(data, compression=compression).limited(limit)
    seen = [one for kind in found.kinds for one in _judge_kind(detector, found.kinds[kind], kind, frames, report)]
    judged = {kind: [one for one in seen if one.kind == kind and len(one.margins)] for kind in found.kinds}
    real, forged = judged["real"], [one for kind, ones in judged.items() if kind != "real" for one in ones]
    if not real or not forged:
        reason = count_reasons(one.reason for one in seen if one.reason and (one.kind == "real") == (not real))
        where = "the forgeries" if real else "real/"
        raise InputError(
            f"{data}: no face could be judged in {where}; what came of it most often: {next(iter(reason))}"
        )
    result = {"detector": detector.name, "layout": found.layout, **_by_mean(judged), **_counts(found, seen)}
    result |= {"frame": frame_metrics(detector, real, forged, seen), "video": video_metrics(real, forged)}
    result["kinds"] = {kind: kind_metrics(real, ones, kind == "real") for kind, ones in judged.items()}
    result["verdicts"] = {k: dict(Counter(one.band for one in seen if one.kind == k)) for k in found.kinds}
    result["longest_track"] = _by_longest(judged)
    return {**result, "rows": [one.row() for one in seen]} if rows else result


def _judge_kind(detector: Detector, items: list[Item], kind: str, frames: int, report: Report) -> list[MediumScores]:
    seen = []
    for number, item in enumerate(items, 1):
        seen.append(judge_medium(detector, item, kind, frames=frames))
        if number % 100 == 0 and number < len(items):
            report(f"{kind}: {number} of {len(items)}")
    missing = sum(one.reason is not None for one in seen)
    report(f"{kind}: {len(seen) - missing} judged, {missing} without a verdict")
    return seen


def _by_mean(judged: dict[str, list[MediumScores]]) -> Metrics:
    """Compute AUC by kind, accuracy and shares predicted fake from mean margins."""
    scores = {kind: np.asarray([one.margins.mean() for one in ones]) for kind, ones in judged.items()}
    real = scores["real"]
    fakes = {kind: fake for kind, fake in scores.items() if kind != "real" and len(fake)}
    everything = np.concatenate(list(fakes.values()))
    return {
        "auc": {"all": auc(real, everything), **{kind: auc(real, fake) for kind, fake in fakes.items()}},
        "accuracy": _accuracy(real, everything),
        "called_fake": {kind: float((s > 0).mean()) for kind, s in scores.items() if len(s)},
        "mean_margin": {kind: float(s.mean()) for kind, s in scores.items() if len(s)},
        "n": {kind: len(s) for kind, s in scores.items()},
    }


def _by_longest(judged: dict[str, list[MediumScores]]) -> Metrics:
    """Compute the metrics by medium when the longest track counts."""
    longest = {kind: [one.longest or one for one in ones] for kind, ones in judged.items()}
    video = video_metrics(longest["real"], [one for kind, ones in longest.items() if kind != "real" for one in ones])
    another = sum(one.longest is not None for ones in judged.values() for one in ones)
    return {"another_face": another, **_by_mean(longest), "Vid": video["Vid"], "F2F": video["F2F"]}


def _counts(found: Dataset, seen: list[MediumScores]) -> Metrics:
    """Count what was not judged, and what was not used."""
    without = [one for one in seen if one.reason]
    return {
        "no_verdict": {kind: sum(one.kind == kind for one in without) for kind in found.kinds},
        "no_verdict_reasons": count_reasons(str(one.reason) for one in without),
        "abstained": sum(one.abstained for one in seen),
        "left_out": found.left_out,
        "files_not_used": found.other,
        "empty_folders": list(found.empty),
    }


def _accuracy(real: Array, fake: Array) -> float:
    return float(np.r_[real <= 0, fake > 0].mean())


def _precision(real: Array, fake: Array) -> float | None:
    called = int((real > 0).sum()) + int((fake > 0).sum())
    return float((fake > 0).sum() / called) if called else None


def _ece(real: Array, fake: Array) -> float:
    """Compute the calibration error under balanced classes: the rarer one is repeated."""
    most = max(len(real), len(fake))
    return expected_calibration_error(np.r_[np.resize(real, most), np.resize(fake, most)], np.repeat((0.0, 1.0), most))


def _right(called: Array) -> float:
    return float(called.mean())


def _units(values: list[Array]) -> Group:
    """Group values by medium; one flat array where each has one, which resamples faster."""
    return np.concatenate(values) if all(len(v) == 1 for v in values) else values


def _with_intervals(statistics: dict[str, Statistic], real: list[Array], fake: list[Array]) -> tuple[Metrics, Metrics]:
    whole = np.concatenate(real), np.concatenate(fake)
    metrics = {name: statistic(*whole) for name, statistic in statistics.items()}
    groups = _units(real), _units(fake)
    intervals = {
        name: bootstrap(statistic, *groups, share=name != "ece", centred=name == "ece")
        for name, statistic in statistics.items()
    }
    return metrics, intervals


def frame_metrics(
    detector: Detector, real: list[MediumScores], forged: list[MediumScores], seen: list[MediumScores]
) -> Metrics:
    """Compute AUC, EER, AP, accuracy, precision and ECE over frames, with 95 % intervals.

    Precision is TP / (TP + FP) with fake as the positive class (the paper's is another, see `video_metrics`). The ECE
    is that of `p_fake` under balanced classes; "calibrated" false means that it is of a raw score. Intervals: a
    bootstrap that resamples media, not frames, real and forged apart; None from fewer than two media. A metric that
    does not exist is None.

    Args:
        detector: the one that is measured.
        real: judged real media.
        forged: judged forgeries.
        seen: all media.
    """
    by_margin: dict[str, Statistic] = {
        "auc": auc,
        "eer": equal_error_rate,
        "ap": average_precision,
        "accuracy": _accuracy,
        "precision": _precision,
    }
    metrics, intervals = _with_intervals(by_margin, [one.margins for one in real], [one.margins for one in forged])
    more, more_intervals = _with_intervals({"ece": _ece}, [o.p_fake for o in real], [o.p_fake for o in forged])
    n = {"real": sum(len(one.margins) for one in real), "fake": sum(len(one.margins) for one in forged)}
    return {
        **metrics,
        **more,
        "calibrated": detector.calibration is not None,
        "n": n,
        "no_verdict": sum(one.looked for one in seen) - sum(n.values()),
        "intervals": intervals | more_intervals,
    }


def video_metrics(real: list[MediumScores], forged: list[MediumScores]) -> Metrics:
    """Compute metrics over media: AUC, accuracy and precision by majority, *Vid*, *F2F*.

    *Vid*: the share of real media predicted real, and of forged ones predicted fake, a medium being fake when more than
        half of its judged frames are predicted fake. *F2F*: the same shares over all frames, each by itself.
    Source: Pinhasov et al. 2024, section 4, table 1. The paper calls these shares precision; it gives them for real and
    fake media apart, and in table 2 for forgeries alone, where TP / (TP + FP) would always be 1: so they are each
    class's recall. TP / (TP + FP) is here under "precision".
    """
    means = [[one.margins.mean(keepdims=True) for one in ones] for ones in (real, forged)]
    metrics, intervals = _with_intervals({"auc": auc}, *means)
    # More than half of the frames: a majority's label is the sign of what the share has above one half.
    majority = [[np.asarray([one.share_fake - 0.5]) for one in ones] for ones in (real, forged)]
    labelled: dict[str, Statistic] = {"accuracy": _accuracy, "precision": _precision}
    more, more_intervals = _with_intervals(labelled, *majority)
    both = {"real": _shares(real, real=True), "fake": _shares(forged, real=False)}
    for name in ("Vid", "F2F"):
        more[name] = {kind: shares[name] for kind, shares in both.items()}
        more_intervals[name] = {kind: shares[f"{name}_interval"] for kind, shares in both.items()}
    n = {"real": len(real), "fake": len(forged)}
    return {**metrics, **more, "n": n, "intervals": intervals | more_intervals}


def _shares(ones: list[MediumScores], *, real: bool) -> Metrics:
    """Compute *Vid* and *F2F* of one class, with Wilson and bootstrap intervals."""
    right = [(one.margins <= 0 if real else one.margins > 0).astype(float) for one in ones]
    called = sum((one.share_fake > 0.5) != real for one in ones)
    return {
        "Vid": called / len(ones),
        "Vid_interval": wilson(called, len(ones)),
        "F2F": _right(np.concatenate(right)),
        "F2F_interval": bootstrap(_right, _units(right), share=True),
    }


def kind_metrics(real: list[MediumScores], ones: list[MediumScores], is_real: bool) -> Metrics:
    """Compute one kind's counts, *Vid* and *F2F*, and a forgery's AUC against real."""
    metrics: Metrics = {"n": len(ones), "n_frames": sum(len(one.margins) for one in ones)}
    if not ones:
        return metrics
    metrics |= _shares(ones, real=is_real)
    if not is_real:
        means = [[one.margins.mean(keepdims=True) for one in group] for group in (real, ones)]
        for name, groups in (("auc", means), ("frame_auc", [[o.margins for o in g] for g in (real, ones)])):
            found, intervals = _with_intervals({"auc": auc}, *groups)
            metrics |= {name: found["auc"], f"{name}_interval": intervals["auc"]}
    return metrics
