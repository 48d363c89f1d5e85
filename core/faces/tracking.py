"""Track faces over frames by the IoU of their boxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..types import Array, Box, Face


def iou(boxes: Sequence[Box], others: Sequence[Box]) -> Array:
    """Compute the intersection over union of every box with every other, (N, M) in [0, 1]."""
    one, two = (np.asarray(each, np.float64).reshape(-1, 4) for each in (boxes, others))
    sides = np.minimum(one[:, None, 2:], two[None, :, 2:]) - np.maximum(one[:, None, :2], two[None, :, :2])
    common = sides.clip(min=0).prod(2)
    areas, other_areas = ((each[:, 2:] - each[:, :2]).prod(1) for each in (one, two))
    with np.errstate(invalid="ignore"):  # two boxes without an area
        found: Array = np.nan_to_num(common / (areas[:, None] + other_areas - common))
    return found


def match_boxes(boxes: Sequence[Box], others: Sequence[Box], *, min_iou: float) -> dict[int, int]:
    """Match boxes to others, index to index, where their IoU is at least `min_iou`.

    Each box once, so that the sum of the IoUs is the largest (Kuhn 1955).
    """
    from scipy.optimize import linear_sum_assignment  # here: a tenth of torch's import

    shares = iou(boxes, others)
    pairs = zip(*linear_sum_assignment(np.where(shares >= min_iou, shares, 0.0), maximize=True), strict=True)
    return {int(i): int(j) for i, j in pairs if shares[i, j] >= min_iou}


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
