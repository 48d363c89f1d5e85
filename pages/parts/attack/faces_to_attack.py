"""Choose which faces of the open file are attacked together."""

from __future__ import annotations

from collections.abc import Sequence

from core.media.open import evenly_spaced
from core.types import JudgedFace


def chosen_faces(faces: Sequence[JudgedFace], which: str, max_faces: int) -> list[JudgedFace]:
    """Choose faces predicted fake, or all judged ones with `which` "all".

    At most `max_faces`, evenly spaced.
    """
    there = [judged for judged in faces if judged.verdict and (which == "all" or judged.verdict.label == "fake")]
    return [there[place] for place in evenly_spaced(len(there), max_faces)]
