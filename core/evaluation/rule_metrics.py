"""Measure files' verdicts in words, as the dashboard gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..detectors.calibration.fit import BANDS
from ..detectors.detector import INCONCLUSIVE, UNCALIBRATED
from ..metrics.intervals import bootstrap, wilson
from ..metrics.roc import auc
from ..types.detector_metrics import ByKind, RuleIntervals, VideoRuleMetrics
from .medium_scores import MediumScores

Words = tuple[str, ...]
CALLED_REAL: Words = (BANDS[0], UNCALIBRATED[0])
CALLED_FAKE: Words = (BANDS[2], UNCALIBRATED[1])


def rule_metrics(judged: Mapping[str, Sequence[MediumScores]]) -> VideoRuleMetrics:
    """Measure the videos' verdicts by kind: AUC, and shares of each word.

    "called_fake", "inconclusive" and "wrong_and_sure" are shares of a kind's judged videos by `file_verdict`: wrong and
    sure is a real video that is called fake, or a fake that is called real. "auc_by_kind" is by the mean margin of the
    track that stands for the file. The first four are None where there is no video.
    "rule_intervals" holds 95 % intervals: Wilson's of shares, a bootstrap over videos of AUCs.
    """
    videos = {kind: [one for one in ones if one.is_video] for kind, ones in judged.items()}
    videos = {kind: ones for kind, ones in videos.items() if ones}
    if not videos:
        return VideoRuleMetrics()
    wrong = {kind: CALLED_FAKE if kind == "real" else CALLED_REAL for kind in videos}
    words: dict[str, dict[str, Words]] = {
        "called_fake": dict.fromkeys(videos, CALLED_FAKE),
        "inconclusive": dict.fromkeys(videos, (INCONCLUSIVE,)),
        "wrong_and_sure": wrong,
    }
    counts = {
        name: {kind: sum(one.band in wanted[kind] for one in ones) for kind, ones in videos.items()}
        for name, wanted in words.items()
    }
    scores = {kind: np.asarray([one.margins.mean() for one in ones]) for kind, ones in videos.items()}
    real = scores.get("real", np.zeros(0))
    fakes = {kind: fake for kind, fake in scores.items() if kind != "real"}
    shares = {name: {kind: k / len(videos[kind]) for kind, k in of.items()} for name, of in counts.items()}
    intervals = {name: {kind: wilson(k, len(videos[kind])) for kind, k in of.items()} for name, of in counts.items()}
    of_aucs = {kind: bootstrap(auc, real, fake) if len(real) else None for kind, fake in fakes.items()}
    return VideoRuleMetrics(
        auc_by_kind={kind: auc(real, fake) for kind, fake in fakes.items()},
        **shares,
        n={kind: len(ones) for kind, ones in videos.items()},
        rule_intervals=RuleIntervals(auc_by_kind=of_aucs, **intervals),
    )


def inconclusive_frames(judged: Mapping[str, Sequence[MediumScores]]) -> ByKind:
    """Return the share of judged frames whose verdict is inconclusive, by kind."""
    frames = {kind: sum(len(one.margins) for one in ones) for kind, ones in judged.items()}
    return {kind: sum(one.inconclusive for one in judged[kind]) / n for kind, n in frames.items() if n}
