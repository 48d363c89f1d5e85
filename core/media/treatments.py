"""Treat images as honest media are treated, and add placebos."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..types import Array, InputError
from .codecs import h264_roundtrip, jpeg_roundtrip, webp_roundtrip

Treatment = Callable[[Array, np.random.Generator], Array]


def _noise(sigma: float) -> Treatment:
    def treat(image: Array, rng: np.random.Generator) -> Array:
        return _rounded(image + rng.normal(0, sigma, image.shape))

    return treat


def _resized(factor: float) -> Treatment:
    def treat(image: Array, _rng: np.random.Generator) -> Array:
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        return cv2.resize(image, None, fx=factor, fy=factor, interpolation=how)

    return treat


def _jpeg(*qualities: int) -> Treatment:
    def treat(image: Array, _rng: np.random.Generator) -> Array:
        for quality in qualities:
            image = jpeg_roundtrip(image, quality)
        return image

    return treat


def _h264(rate: int) -> Treatment:
    return lambda image, _rng: coded_in_clip(image, rate)


def coded_in_clip(image: Array, rate: int) -> Array:
    """Code an image (H, W, 3) uint8 by H.264, behind a frame that is a pixel aside, at a rate factor."""
    return h264_roundtrip([np.roll(image, 1, 1), image], rate, preset="veryfast")[-1]


def _sharpened(image: Array, _rng: np.random.Generator) -> Array:
    return cv2.addWeighted(image, 1.7, cv2.GaussianBlur(image, (0, 0), 1.2), -0.7, 0)


def _grained(image: Array, rng: np.random.Generator) -> Array:
    """Add grey grain that is a little coarser than a pixel."""
    grain = cv2.GaussianBlur(rng.normal(0, 10, image.shape[:2]), (0, 0), 0.8)
    return _rounded(image + grain[..., None])


def _screenshot(image: Array, _rng: np.random.Generator) -> Array:
    """Show it at another size on a screen, and keep the screen as JPEG."""
    height, width = image.shape[:2]
    shown = cv2.resize(image, (round(width * 1.27), round(height * 1.27)), interpolation=cv2.INTER_LINEAR)
    return jpeg_roundtrip(cv2.resize(shown, (width, height), interpolation=cv2.INTER_AREA), 85)


def _palette(image: Array, _rng: np.random.Generator) -> Array:
    return ((image // 8) * 8 + 4).astype(np.uint8)


TREATMENTS: dict[str, Treatment] = {
    "as it is": lambda image, _rng: image,
    **{f"JPEG {quality}": _jpeg(quality) for quality in (95, 85, 75, 50, 30)},
    "JPEG twice": _jpeg(70, 88),
    **{f"H.264 CRF {rate}": _h264(rate) for rate in (18, 28, 40)},
    **{f"resized {factor:g}": _resized(factor) for factor in (0.5, 0.75, 1.5, 2)},
    **{f"noise {sigma}/255": _noise(sigma) for sigma in (2, 4, 8, 16)},
    "grain": _grained,
    "sharpened": _sharpened,
    "denoised": lambda image, _rng: cv2.fastNlMeansDenoisingColored(image, None, 5, 5, 5, 11),
    "contrast": lambda image, _rng: _rounded((image.astype(np.float64) - 128) * 1.3 + 128),
    "WebP 80": lambda image, _rng: webp_roundtrip(image, 80),
    "screenshot": _screenshot,
    "palette": _palette,
    "grey": lambda image, _rng: np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, 2),
}
PLACEBOS = ("signs", "grey signs", "block signs", "stripes", "squares", "sparse signs")


def placebo(image: Array, kind: str, size: float, rng: np.random.Generator) -> Array:
    """Add a random change of at most `size` grey levels.

    It has an attack's look and nobody's aim.

    Source: the families of Wang et al. 2023, arXiv:2304.11359, section 3.2.

    Args:
        image: (H, W, 3) uint8.
        kind: one of `PLACEBOS`.
        size: largest change of a pixel, in grey levels.
        rng: source of randomness.
    """
    height, width = image.shape[:2]
    if kind == "signs":
        change = rng.choice([-1.0, 1.0], image.shape)
    elif kind == "grey signs":
        change = rng.choice([-1.0, 1.0], (height, width, 1))
    elif kind == "block signs":
        side = int(rng.integers(2, 9))
        coarse = rng.choice([-1.0, 1.0], (-(-height // side), -(-width // side), 3))
        change = np.kron(coarse, np.ones((side, side, 1)))[:height, :width]
    elif kind == "stripes":
        change = rng.choice([-1.0, 1.0], (1, width, 3))
    elif kind == "squares":
        change = np.tile(rng.choice([-1.0, 1.0], (1, width, 3)), (height, 1, 1))
        for _ in range(int(rng.integers(20, 200))):
            side = int(rng.integers(3, max(4, min(height, width) // 4)))
            y, x = int(rng.integers(0, height - side + 1)), int(rng.integers(0, width - side + 1))
            change[y : y + side, x : x + side] = rng.choice([-1.0, 1.0], 3)
    elif kind == "sparse signs":
        change = rng.choice([-1.0, 1.0], image.shape) * (rng.random((height, width, 1)) < rng.uniform(0.1, 0.6))
    else:
        raise InputError(f"a placebo is one of {', '.join(PLACEBOS)}; what came is {kind!r}")
    return _rounded(image + size * change)


def _rounded(values: Array) -> Array:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)
