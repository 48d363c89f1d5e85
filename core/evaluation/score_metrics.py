"""Compute metrics of scored media: by frame, by medium and by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..detectors import Detector
from ..metrics.calibration_error import expected_calibration_error
from ..metrics.intervals import Group, Statistic, bootstrap, wilson
from ..metrics.roc import auc, average_precision, equal_error_rate
from ..types import Array
from ..types.calibration import Interval
from ..types.detector_metrics import (
    ClassShares,
    ForgeryAucs,
    FrameIntervals,
    FrameMetrics,
    KindMetrics,
    MediumIntervals,
    MediumMetrics,
)
from .medium_scores import MediumScores
from .rule_metrics import inconclusive_frames

Found = dict[str, float | None]


def accuracy(real: Array, fake: Array) -> float:
    """Return the share of right labels, real at or below 0, fake above."""
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


def _with_intervals(
    statistics: dict[str, Statistic], real: list[Array], fake: list[Array]
) -> tuple[Found, dict[str, Interval | None]]:
    whole = np.concatenate(real), np.concatenate(fake)
    metrics = {name: statistic(*whole) for name, statistic in statistics.items()}
    groups = _units(real), _units(fake)
    intervals = {
        name: bootstrap(statistic, *groups, share=name != "ece", centred=name == "ece")
        for name, statistic in statistics.items()
    }
    return metrics, intervals


def frame_metrics(
    detector: Detector, judged: Mapping[str, Sequence[MediumScores]], seen: Sequence[MediumScores]
) -> FrameMetrics:
    """Compute AUC, EER, AP, accuracy, precision and ECE over frames, with 95 % intervals.

    Precision is TP / (TP + FP) with fake as the positive class (the paper's is another, see `video_metrics`). The ECE
    is that of `p_fake` under balanced classes; "calibrated" false means that it is of a raw score. Intervals: a
    bootstrap that resamples media, not frames, real and forged apart; None from fewer than two media. A metric that
    does not exist is None.

    Args:
        detector: the one that is measured.
        judged: judged media by kind.
        seen: all media.
    """
    real, forged = judged["real"], [one for kind, ones in judged.items() if kind != "real" for one in ones]
    by_margin: dict[str, Statistic] = {
        "auc": auc,
        "eer": equal_error_rate,
        "ap": average_precision,
        "accuracy": accuracy,
        "precision": _precision,
    }
    metrics, intervals = _with_intervals(by_margin, [one.margins for one in real], [one.margins for one in forged])
    more, more_intervals = _with_intervals({"ece": _ece}, [o.p_fake for o in real], [o.p_fake for o in forged])
    n = {"real": sum(len(one.margins) for one in real), "fake": sum(len(one.margins) for one in forged)}
    return FrameMetrics(
        **metrics,
        **more,
        calibrated=detector.calibration is not None,
        n=n,
        no_verdict=sum(one.looked for one in seen) - sum(n.values()),
        intervals=FrameIntervals(**intervals, **more_intervals),
        inconclusive=inconclusive_frames(judged),
    )


def video_metrics(real: list[MediumScores], forged: list[MediumScores]) -> MediumMetrics:
    """Compute metrics over media: AUC, accuracy and precision by label, *Vid*, *F2F*.

    *Vid*: the share of real media predicted real, and of forged ones predicted fake, a medium being fake when more than
        half of its judged frames are predicted fake (a video of several faces: see `FileVerdict`). *F2F*: the same
        shares over all frames, each by itself.
    Source: Pinhasov et al. 2024, section 4, table 1. The paper calls these shares precision; it gives them for real and
    fake media apart, and in table 2 for forgeries alone, where TP / (TP + FP) would always be 1: so they are each
    class's recall. TP / (TP + FP) is here under "precision".
    """
    means = [[one.margins.mean(keepdims=True) for one in ones] for ones in (real, forged)]
    metrics, intervals = _with_intervals({"auc": auc}, *means)
    majority = [[np.asarray([0.5 if one.called_fake else -0.5]) for one in ones] for ones in (real, forged)]
    labelled: dict[str, Statistic] = {"accuracy": accuracy, "precision": _precision}
    more, more_intervals = _with_intervals(labelled, *majority)
    both = {"real": _shares(real, real=True), "fake": _shares(forged, real=False)}
    return MediumMetrics(
        **metrics,
        **more,
        Vid={kind: shares.Vid for kind, shares in both.items()},
        F2F={kind: shares.F2F for kind, shares in both.items()},
        n={"real": len(real), "fake": len(forged)},
        intervals=MediumIntervals(
            **intervals,
            **more_intervals,
            Vid={kind: shares.Vid_interval for kind, shares in both.items()},
            F2F={kind: shares.F2F_interval for kind, shares in both.items()},
        ),
    )


def _shares(ones: list[MediumScores], *, real: bool) -> ClassShares:
    """Compute *Vid* and *F2F* of one class, with Wilson and bootstrap intervals."""
    right = [(one.margins <= 0 if real else one.margins > 0).astype(float) for one in ones]
    called = sum(one.called_fake != real for one in ones)
    return ClassShares(
        Vid=called / len(ones),
        Vid_interval=wilson(called, len(ones)),
        F2F=_right(np.concatenate(right)),
        F2F_interval=bootstrap(_right, _units(right), share=True),
    )


def kind_metrics(real: list[MediumScores], ones: list[MediumScores], is_real: bool) -> KindMetrics:
    """Compute one kind's counts, *Vid* and *F2F*, and a forgery's AUC against real."""
    frames = sum(len(one.margins) for one in ones)
    if not ones:
        return KindMetrics(0, frames)
    shares = _shares(ones, real=is_real)
    return KindMetrics(len(ones), frames, shares, None if is_real else _against_real(real, ones))


def _against_real(real: list[MediumScores], ones: list[MediumScores]) -> ForgeryAucs:
    means = [[one.margins.mean(keepdims=True) for one in group] for group in (real, ones)]
    by_medium, of_medium = _with_intervals({"auc": auc}, *means)
    by_frame, of_frame = _with_intervals({"auc": auc}, *([one.margins for one in group] for group in (real, ones)))
    return ForgeryAucs(by_medium["auc"], of_medium["auc"], by_frame["auc"], of_frame["auc"])
