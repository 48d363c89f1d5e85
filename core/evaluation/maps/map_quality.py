"""Measure the quality metrics of maps over many faces, beside random maps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ... import explain
from ...detectors import Detector
from ...explain import quality
from ...metrics.summary import mean_of, summary_of
from ...progress import NO_PROGRESS, Progress
from ...types import Array, QualityMetric
from ...types.map_summaries import MapQuality, MeanOfFaces

CHANCE = "random map"
EXCLUDED = ("run time",)  # of this machine: the bench measures costs
SIGN = {"higher": 1, "lower": -1}
DRAWS = 4  # maps of noise a face, whose mean is the control


def of_maps(
    detector: Detector,
    crops: Sequence[Array],
    names: Sequence[str],
    *,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> dict[str, dict[str, MapQuality]]:
    """Summarise each quality metric of each map over faces, and of random maps.

    Median, quartiles, mean with interval, how often degenerate. "than_chance": by how much the map is better than noise
    on the same face, in the metric's own units: above 0 is better, whichever direction the metric has; its interval is
    of the paired differences. Maps at their defaults, of the margin.

    Args:
        detector: whose maps are measured.
        crops: (H, W, 3) uint8.
        names: of the maps.
        seed: of maps and noise.
        progress: told each face; a stop raises `StopRequested`.
    """
    found: dict[str, list[dict[str, QualityMetric]]] = defaultdict(list)
    for number, crop in enumerate(progress.each(crops, "Quality of maps, faces")):
        own = seed + number  # the same noise on every face would make one order of places look like chance
        _, maps = explain.run_all(names, detector, crop, seed=own)
        for name, row in zip(names, quality.evaluate_attributions(detector, crop, maps, seed=own), strict=True):
            found[name].append({one.name: one for one in row if one.name not in EXCLUDED})
        found[CHANCE].append(mean_row(quality.random_baseline(detector, crop, draws=DRAWS, seed=own)))
    chance = found[CHANCE]
    return {name: metrics_of(rows, None if rows is chance else chance) for name, rows in found.items()}


def mean_row(rows: Sequence[tuple[QualityMetric, ...]]) -> dict[str, QualityMetric]:
    """Average the metrics of several random maps of one face; degenerate where one is.

    Degeneracy of these metrics does not depend on the map.
    """
    out: dict[str, QualityMetric] = {}
    for same in zip(*rows, strict=True):
        assert all(one.name == other.name for one, other in pairwise(same))
        reason = next((one.degenerate for one in same if one.degenerate), None)
        mean = float(np.mean([one.value for one in same]))
        out[same[0].name] = QualityMetric(same[0].name, mean, same[0].better, same[0].meaning, reason)
    return out


def metrics_of(
    rows: Sequence[dict[str, QualityMetric]], chance: Sequence[dict[str, QualityMetric]] | None
) -> dict[str, MapQuality]:
    """Summarise one map's metrics over faces.

    `chance`: metrics of the same faces' random maps.
    """
    out: dict[str, MapQuality] = {}
    for name, first in {name: one for row in rows for name, one in row.items()}.items():
        here = [row.get(name) for row in rows]
        good = [one.value for one in here if one and not one.degenerate]
        than_chance: MeanOfFaces | None = None
        if chance and first.better in SIGN and any(name in row for row in chance):
            gains = [
                SIGN[first.better] * (one.value - other.value)
                for one, row in zip(here, chance, strict=True)
                if one and not one.degenerate and (other := row.get(name)) and not other.degenerate
            ]
            than_chance = mean_of(gains)
        degenerate = sum(bool(one and one.degenerate) for one in here)
        out[name] = MapQuality(first.better, degenerate, summary_of(good), than_chance)
    return out
