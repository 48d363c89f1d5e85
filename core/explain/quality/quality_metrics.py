"""What a map is worth for one face: the honesty strip, and what a map of noise would be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...detectors.detector import Detector
from ...media.images import to_uint8
from ...types import Array, Attribution, QualityMetric, StopRequested, Target, content_id
from . import adversarial_topk, completeness, deletion_insertion, max_sensitivity, randomisation
from .subject import Steps, Subject

__all__ = ["by_chance", "strip"]

FIGURES = (
    completeness,
    randomisation,
    deletion_insertion,
    adversarial_topk,
    max_sensitivity,
)  # in the order of the strip
OF_THE_SCORE = (deletion_insertion, adversarial_topk)  # those that a map which knows nothing of the network has, too


def strip(
    detector: Detector,
    crop: Array,
    attributions: Sequence[Attribution],
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[tuple[QualityMetric, ...]]:
    """The figures of several maps of one crop (H, W, 3) uint8, for each map in the same order.

    Promise (completeness or conservation), sanity check in two stages, deletion AUC, insertion AUC, adversarial top-3
    drop, max-sensitivity, run time. A figure that means nothing here says why in `degenerate`. Maps share passes,
    baselines, superpixels, noise and the control by chance; the maps themselves are made anew four times, slow ones
    twice.

    Args:
        detector: the one that the maps are of.
        crop: the face that the maps are of.
        attributions: maps of any methods and targets.
        seed: the seed that the maps were made with: a sampled map moves with it. Also of noise and random choices.
        progress: told the steps done and their number.
        should_stop: asked between passes; a stop leaves out the figures that are not done for every map.

    Raises `InputError` when a map is of another crop.
    """
    subject = Subject(detector, crop, attributions, seed)
    rows: list[list[QualityMetric]] = [[] for _ in attributions]
    if rows:
        subject.steps = Steps(sum(figure.steps(subject) for figure in FIGURES), progress, should_stop)
        try:
            for figure in FIGURES:
                for row, found in zip(rows, figure.measure(subject), strict=True):
                    row.extend(found)
        except StopRequested:
            pass
    return [(*row, completeness.run_time(found)) for row, found in zip(rows, attributions, strict=True)]


def by_chance(
    detector: Detector, crop: Array, *, draws: int = 4, target: Target = "margin", seed: int = 0
) -> list[tuple[QualityMetric, ...]]:
    """Deletion AUC, insertion AUC and the adversarial drop of `draws` maps of normal noise: the control of `strip`.

    A row a map. On a crop (H, W, 3) uint8 they have the superpixels, the baseline and the score of the maps in `strip`.
    """
    of, rng = content_id(to_uint8(crop)), np.random.default_rng((seed, len(FIGURES)))
    noises = rng.normal(size=(draws, *crop.shape[:2])).astype(np.float32)
    subject = Subject(
        detector, crop, [Attribution("noise", {}, target, of, one, True, (), 0.0) for one in noises], seed
    )
    rows = [figure.measure(subject) for figure in OF_THE_SCORE] if draws else []
    return [tuple(one for found in row for one in found) for row in zip(*rows, strict=True)]
