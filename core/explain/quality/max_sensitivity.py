"""Sensitivity to noise: how far a map moves when the face changes by less than anybody sees."""

from __future__ import annotations

import numpy as np

from ...media.images import to_array
from ...types import Array, QualityMetric
from .subject import MANY, Ranked, Rows, Subject, passes

RADIUS = 4 / 255  # of [0, 1]
SAMPLES = 2  # noisy copies of the face; one for a slow map


def steps(subject: Subject) -> int:
    """One for each map of each noisy copy."""
    return SAMPLES * len(subject.attributions)


def measure(subject: Subject) -> Rows:
    """The largest relative change of each map, from 0, over noisy copies of the face (the same for all maps).

    max ||map(x + d) - map(x)|| / ||map(x)||, d uniform within 4/255, Euclidean norms.
    Source: Yeh et al. 2019, arXiv:1901.09392, eq. 3 (SENS_MAX), by sampling; relative to the map as in Quantus.
    Differs: two samples, so a lower bound of the largest.
    """
    copies = noisy(subject)
    rows: Rows = []
    for one in subject.ranked:
        use = copies[: 1 if passes(one.attribution) > MANY else SAMPLES]
        changes = []
        for crop in use:
            if one.attribution.map.any():
                changes.append(change(one, subject.again(one.attribution, subject.detector, crop)))
            subject.steps.step()
        subject.steps.step(SAMPLES - len(use))
        rows.append((_figure(changes),))
    return rows


def noisy(subject: Subject) -> list[Array]:
    """The face (H, W, 3) float32 in [0, 1] with uniform noise, `SAMPLES` times."""
    clean, rng = to_array(subject.x), subject.rng(3)
    noise = rng.uniform(-RADIUS, RADIUS, (SAMPLES, *clean.shape))
    return [np.clip(clean + one, 0, 1).astype(np.float32) for one in noise]


def change(one: Ranked, other: Array) -> float:
    """How far another map is from this one, in lengths of this one."""
    own = one.attribution.map.astype(np.float64)
    return float(np.linalg.norm(other - own) / np.linalg.norm(own))


def _figure(changes: list[float]) -> QualityMetric:
    why = None if changes else "The map is zero everywhere: it has no length to compare with."
    return QualityMetric(
        "max-sensitivity",
        max(changes, default=0.0),
        "lower",
        f"How far the map moves, in lengths of itself, when noise of up to 4/255 is put on the face ({SAMPLES} times, "
        "once for a costly map; the largest change counts): 0 means not at all, above 1 that it is another map.",
        why,
    )
