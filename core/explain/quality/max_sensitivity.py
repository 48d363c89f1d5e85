"""Measure max-sensitivity: the map's change under imperceptible noise."""

from __future__ import annotations

import numpy as np

from ...media.images import to_array
from ...types import Array, QualityMetric
from .subject import COSTLY_PASSES, RankedMap, Rows, Subject, passes

RADIUS = 4 / 255  # of [0, 1]
SAMPLES = 2  # noisy copies of the face; one for a slow map


def steps(subject: Subject) -> int:
    """Count one step for each map of each noisy copy."""
    return SAMPLES * len(subject.attributions)


def measure(subject: Subject) -> Rows:
    """Measure each map's largest relative change, from 0, over noisy copies of the face.

    max ||map(x + d) - map(x)|| / ||map(x)||, d uniform within 4/255, Euclidean norms; the same noise for all maps.
    Source: Yeh et al. 2019, arXiv:1901.09392, eq. 3 (SENS_MAX), by sampling; relative to the map as in Quantus.
    Differs: two samples, so a lower bound of the largest.
    """
    copies = noisy(subject)
    rows: Rows = []
    for one in subject.ranked:
        use = copies[: 1 if passes(one.attribution) > COSTLY_PASSES else SAMPLES]
        changes = []
        for crop in use:
            if one.attribution.map.any():
                changes.append(relative_change(one, subject.recompute(one.attribution, subject.detector, crop)))
            subject.steps.step()
        subject.steps.step(SAMPLES - len(use))
        rows.append((_metric(changes),))
    return rows


def noisy(subject: Subject) -> list[Array]:
    """Return `SAMPLES` copies of the face (H, W, 3) float32 in [0, 1] with uniform noise."""
    clean, rng = to_array(subject.x), subject.rng(3)
    noise = rng.uniform(-RADIUS, RADIUS, (SAMPLES, *clean.shape))
    return [np.clip(clean + one, 0, 1).astype(np.float32) for one in noise]


def relative_change(one: RankedMap, other: Array) -> float:
    """Return the distance of two maps relative to the first one's norm."""
    own = one.attribution.map.astype(np.float64)
    return float(np.linalg.norm(other - own) / np.linalg.norm(own))


def _metric(changes: list[float]) -> QualityMetric:
    reason = None if changes else "The map is zero everywhere: it has no length to compare with."
    return QualityMetric(
        "max-sensitivity",
        max(changes, default=0.0),
        "lower",
        f"How far the map moves, in lengths of itself, when noise of up to 4/255 is put on the face ({SAMPLES} times, "
        "once for a costly map; the largest change counts): 0 means not at all, above 1 that it is another map.",
        reason,
    )
