"""Evaluate the quality of a face's maps, and of random maps as a control."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...detectors.detector import Detector
from ...detectors.inference_queue import long_work
from ...media.images import to_uint8
from ...progress import NO_PROGRESS, Progress
from ...types import Array, Attribution, QualityMetric, StopRequested, Target, content_id
from . import adversarial_topk, completeness, deletion_insertion, max_sensitivity, randomisation
from .subject import Subject

__all__ = ["evaluate_attributions", "random_baseline"]

METRICS = (
    completeness,
    randomisation,
    deletion_insertion,
    adversarial_topk,
    max_sensitivity,
)  # in the order of the strip
SCORE_METRICS = (deletion_insertion, adversarial_topk)  # those that a map which knows nothing of the network has, too


@long_work()
def evaluate_attributions(
    detector: Detector,
    crop: Array,
    attributions: Sequence[Attribution],
    *,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> list[tuple[QualityMetric, ...]]:
    """Measure the quality metrics of several maps of one crop, in the maps' order.

    Completeness or conservation, randomisation test in two stages, deletion AUC, insertion AUC, adversarial top-3 drop,
    max-sensitivity, run time. A metric that means nothing here says why in `degenerate`. Maps share passes, baselines,
    superpixels, noise and the random control; the maps themselves are recomputed four times, slow ones twice.

    Args:
        detector: whose maps they are.
        crop: (H, W, 3) uint8, the face of the maps.
        attributions: maps of any methods and targets.
        seed: the maps' own seed, which also seeds noise and random choices.
        progress: told each step; a stop, between passes, omits metrics that are not done for every map.

    Raises `InputError` when a map is of another crop.
    """
    subject = Subject(detector, crop, attributions, seed)
    rows: list[list[QualityMetric]] = [[] for _ in attributions]
    if rows:
        subject.steps = progress.counter(sum(metric.steps(subject) for metric in METRICS))
        try:
            for metric in METRICS:
                for row, found in zip(rows, metric.measure(subject), strict=True):
                    row.extend(found)
        except StopRequested:
            pass
    return [(*row, completeness.run_time(found)) for row, found in zip(rows, attributions, strict=True)]


@long_work()
def random_baseline(
    detector: Detector, crop: Array, *, draws: int = 4, target: Target = "margin", seed: int = 0
) -> list[tuple[QualityMetric, ...]]:
    """Measure deletion AUC, insertion AUC and adversarial drop of random maps.

    The control of `evaluate_attributions`, with the same superpixels, baseline and score.

    Args:
        detector: whose maps are compared with.
        crop: (H, W, 3) uint8.
        draws: number of maps, of normal noise.
        target: explained output.
        seed: of noise and random choices.
    """
    of, rng = content_id(to_uint8(crop)), np.random.default_rng((seed, len(METRICS)))
    noises = rng.normal(size=(draws, *crop.shape[:2])).astype(np.float32)
    subject = Subject(
        detector, crop, [Attribution("noise", {}, target, of, one, True, (), 0.0) for one in noises], seed
    )
    rows = [metric.measure(subject) for metric in SCORE_METRICS] if draws else []
    return [tuple(one for found in row for one in found) for row in zip(*rows, strict=True)]
