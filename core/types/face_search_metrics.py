"""Hold what is measured of the two-step search for faces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaceRecall:
    """Hold how many faces of the full search the two-step search finds.

    faces: of the full search. found: of these, by the two-step search, too; recall: their share, None without a face.
    """

    faces: int
    found: int
    recall: float | None


@dataclass(frozen=True, slots=True)
class BoxAgreement:
    """Hold the IoU of the boxes of the same faces by both searches.

    mean: over the faces found; p05: 5 % of them agree less; lowest: of all.
    """

    mean: float
    p05: float
    lowest: float


@dataclass(frozen=True, slots=True)
class FaceSearchEvaluation:
    """Hold the two-step search for faces beside the search at full size.

    videos, frames: that were searched twice. all: its recall; judgeable: that of faces that get a verdict.
    added: faces of the two-step search alone. iou: of the boxes, None where no face was found.
    at_full_size: share of the frames that the two-step search searched at full size, too.
    no_frame: why videos were left out, counted.
    """

    videos: int
    frames: int
    all: FaceRecall
    judgeable: FaceRecall
    added: int
    iou: BoxAgreement | None
    at_full_size: float
    no_frame: Mapping[str, int]
