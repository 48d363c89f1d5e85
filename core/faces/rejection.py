"""Reject faces that are too small, blurred or turned."""

from __future__ import annotations

import cv2
import numpy as np

from ..types import Array, Face
from ..types.calibration import RejectionLimits

MIN_WIDTH = 48  # pixels: a smaller face gets no verdict


def sharpness(crop: Array) -> float:
    """Measure sharpness at 200 pixels: deviation of the Laplacian over that of grey values."""
    grey = cv2.cvtColor(cv2.resize(crop, (200, 200), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    grey = grey[20:180, 20:180].astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).std() / max(float(grey.std()), 1.0))


def yaw_ratio(landmarks: Array) -> float:
    """Measure how far a face is turned, 0 being frontal.

    `landmarks`: (5, 2). Distance of the nose from the line between the centres of eyes and mouth, along the line of the
        eyes, in half distances of the eyes: 1 is a nose over an eye.
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


def rejection_reason(face: Face, limits: RejectionLimits | None = None) -> str | None:
    """Say why this face gets no verdict; None if it can be judged.

    `limits`: a detector's own, measured at its calibration.
    """
    if face.width < MIN_WIDTH:
        return f"No verdict: the face is {face.width} pixels wide, {MIN_WIDTH} are needed."
    if not limits:
        return None
    sharp, aside = sharpness(face.crop), yaw_ratio(face.landmarks)
    if sharp < limits.sharpness:
        return f"No verdict: the face is too blurred (sharpness {sharp:.3f}, {limits.sharpness:.3f} is needed)."
    if aside > limits.turned:
        return f"No verdict: the face is turned too far aside ({aside:.2f}, at most {limits.turned:.2f} was measured)."
    return None
