"""Read what was measured of a recogniser on reference faces."""

from __future__ import annotations

import functools
import json

from ..storage.paths import MODELS
from ..types import InputError
from ..types.recogniser_results import ReferenceScores

FOLDER = MODELS.parent / "recognition"


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
