"""Track faces over frames by the IoU of their boxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ..types import Box, Face
from .detection import _area


def iou(a: Box, b: Box) -> float:
    """Compute the intersection over union of two boxes, in [0, 1]."""
    inner = _area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))
    union = _area(a) + _area(b) - inner
    return inner / union if union > 0 else 0.0


def match_boxes(boxes: Sequence[Box], others: Sequence[Box], *, min_iou: float) -> dict[int, int]:
    """Match boxes to others, index to index, where their IoU is at least `min_iou`.

    Greedy, the best pairs first, each box once; of equal pairs the later ones.
    """
    pairs = sorted(
        ((iou(box, other), i, j) for i, box in enumerate(boxes) for j, other in enumerate(others)), reverse=True
    )
    chosen: dict[int, int] = {}
    for share, i, j in pairs:
        if share >= min_iou and i not in chosen and j not in chosen.values():
            chosen[i] = j
    return chosen


def track_faces(frames: Iterable[list[Face]], *, min_iou: float = 0.2) -> Iterator[list[Face]]:
    """Yield each frame's faces with track numbers, matched to each track's last box.

    `min_iou`: below it a face begins a new track.
    """
    last: dict[int, Box] = {}  # in the order of the tracks' numbers
    for faces in frames:
        tracks = list(last)
        found = match_boxes([face.box for face in faces], list(last.values()), min_iou=min_iou)
        joined = {i: tracks[j] for i, j in found.items()}
        for i in range(len(faces)):
            if i not in joined:
                joined[i] = max([*last, *joined.values()], default=-1) + 1
            last[joined[i]] = faces[i].box
        yield [replace(face, track=joined[i]) for i, face in enumerate(faces)]
