"""Reasons for which a face gets no verdict: too small, blurred or turned."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from ..types import Array, Face

MIN_WIDTH = 48  # pixels: a smaller face gets no verdict


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
