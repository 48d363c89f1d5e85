"""Make images that are no face as a reference set has them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..faces.detection import CROP_SCALE
from ..types import Array

LEVELS = 4  # grey levels of each channel of a cartoon


def noise(crop: Array, rng: np.random.Generator) -> Array:
    """Replace every pixel of a crop (H, W, 3) uint8 by uniform noise."""
    return rng.integers(0, 256, crop.shape, np.uint8)


def cartoon(crop: Array, _rng: np.random.Generator) -> Array:
    """Draw a crop (H, W, 3) uint8 as a cartoon: few colours, smooth areas, dark outlines."""
    smooth = crop
    for _ in range(3):
        smooth = cv2.bilateralFilter(smooth, 9, 40, 5)
    step = 256 // LEVELS
    flat = (smooth // step * step + step // 2).astype(np.uint8)
    grey = cv2.medianBlur(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), 5)
    lines = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 4)
    return np.where(lines[..., None] > 0, flat, 0).astype(np.uint8)


def tight_crop(crop: Array, _rng: np.random.Generator) -> Array:
    """Cut the box without a margin out of a crop (H, W, 3) uint8, and enlarge it.

    So do detectors that are fed what a face detector's box holds.
    """
    height, width = crop.shape[:2]
    top, left = (round(side * (1 - 1 / CROP_SCALE) / 2) for side in (height, width))
    inner = np.ascontiguousarray(crop[top : height - top, left : width - left])
    return np.asarray(cv2.resize(inner, (width, height), interpolation=cv2.INTER_LINEAR))


FOREIGN: dict[str, Callable[[Array, np.random.Generator], Array]] = {
    "noise": noise,
    "cartoon": cartoon,
    "tight crop": tight_crop,
}
