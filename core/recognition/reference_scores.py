"""Read what was measured of a recogniser on reference faces."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass

from ..storage.paths import MODELS
from ..types import InputError

FOLDER = MODELS.parent / "recognition"


@dataclass(frozen=True, slots=True)
class ReferenceScores:
    """Hold a recogniser's measurements on pairs of reference faces.

    centre: (D,) mean of its vectors over the reference faces; empty for none.
    thresholds: (false-match rate, cosine) of pairs of different people.
    comparisons: number of these pairs.
    slope, intercept: of the logistic confidence.
    source: the faces, in words.
    """

    centre: tuple[float, ...]
    thresholds: tuple[tuple[float, float], ...]
    comparisons: int
    slope: float
    intercept: float
    source: str


@functools.cache
def reference_of(name: str) -> ReferenceScores | None:
    """Return the measurements of a registered recogniser; None where there are none."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
        return ReferenceScores(
            tuple(map(float, found["centre"])),
            tuple((float(rate), float(cosine)) for rate, cosine in found["thresholds"]),
            int(found["comparisons"]),
            float(found["slope"]),
            float(found["intercept"]),
            str(found["source"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path.name} is damaged: the recogniser's measurements cannot be read") from error
