"""Post-process images as platforms and corruption benchmarks do: coding, resizing, blur."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..types import Array, InputError
from .codecs import h264_roundtrip, jpeg_roundtrip, webp_roundtrip

UNCHANGED = "as is"
CORRUPTIONS: tuple[tuple[str, int | None], ...] = (
    (UNCHANGED, None),
    *(("JPEG", quality) for quality in (95, 85, 70, 50, 30)),
    *(("H.264", rate) for rate in (23, 35, 40)),
    *(("size", pixels) for pixels in (128, 96, 64, 48)),
    *(("blur", sigma) for sigma in (1, 2, 3)),
)
CORRUPTION_NAMES = {
    UNCHANGED: UNCHANGED,
    "JPEG": "JPEG {}",
    "H.264": "H.264 CRF {}",
    "size": "{} pixels",
    "blur": "blur {} of 200",
}
CORRUPTION_WORDS = {"JPEG": "jpeg", "H.264": "crf", "size": "size", "blur": "blur"}


def corruptions_by(names: Sequence[str]) -> tuple[tuple[str, int | None], ...]:
    """Choose from `CORRUPTIONS` by names like "jpeg50" or "crf35".

    The unchanged image always comes first.
    """
    known = {f"{CORRUPTION_WORDS[kind]}{value}": (kind, value) for kind, value in CORRUPTIONS if value is not None}
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"corruptions are all, or some of {', '.join(known)}; what came is {', '.join(unknown)}")
    return CORRUPTIONS[:1] + tuple(known[name] for name in dict.fromkeys(names))


def corrupt(image: Array, kind: str, value: int | None, *, face: float) -> Array:
    """Apply one of `CORRUPTIONS` to an image.

    H.264: the middle of five frames, shifted by a pixel each, so that it is coded as a difference. Size: downsampled
    until the face is `value` pixels wide (for a face crop: until the crop is), not enlarged again. Blur: Gaussian,
    sigma in pixels of a face 200 wide.

    Args:
        image: (H, W, 3) uint8.
        kind: "as is", "JPEG", "H.264", "size" or "blur".
        value: quality, rate factor, pixels or sigma; None leaves the image as it is.
        face: width of its face in pixels.
    """
    if value is None:
        return image
    if kind == "JPEG":
        return jpeg_roundtrip(image, value)
    if kind == "H.264":
        height, width = image.shape[:2]
        around = cv2.copyMakeBorder(image, 2, 2, 2, 2, cv2.BORDER_REFLECT_101)
        clip = [np.ascontiguousarray(around[2 : 2 + height, x : x + width]) for x in range(5)]
        return h264_roundtrip(clip, value, preset="medium")[2]
    if kind == "blur":
        return cv2.GaussianBlur(image, (0, 0), value * face / 200)
    scale = value / face
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


AS_IS = "as it is"
OPERATIONS: tuple[tuple[str, float], ...] = (
    (AS_IS, 0),
    *(("JPEG", quality) for quality in (95, 85, 70, 50, 30)),
    ("resize", 0.5),
    ("blur", 1),
    *(("H.264", rate) for rate in (18, 23, 28, 35, 40)),
    *(("WebP", quality) for quality in (90, 50)),
)
OPERATION_NAMES = {
    AS_IS: AS_IS,
    "JPEG": "JPEG {:g}",
    "resize": "resized to {:g} and back",
    "blur": "blur, sigma {:g}",
    "H.264": "H.264 CRF {:g}",
    "WebP": "WebP {:g}",
}


SHORT_NAMES = {"jpeg": "JPEG", "webp": "WebP", "crf": "H.264", "blur": "blur", "resize": "resize"}


def operation_title(operation: str, value: float) -> str:
    """Return the words for one of `OPERATIONS`."""
    return OPERATION_NAMES[operation].format(value)


def read_operation(name: str) -> tuple[str, float] | None:
    """Read a short name such as "jpeg75", "resize0.5" or "none"; None where unknown."""
    word = name.rstrip("0123456789.")
    number = name.removeprefix(word)
    if name == "none":
        return AS_IS, 0.0
    try:
        return SHORT_NAMES[word], float(number)
    except (KeyError, ValueError):
        return None


def post_process(image: Array, operation: str, value: float) -> Array:
    """Apply one of `OPERATIONS` to an image and return it at the same size.

    JPEG, WebP: quality. H.264: constant rate factor; the middle of five frames, shifted by a pixel each, so that it is
        coded as a difference. Resize: downsampled by area to that share of each side, upsampled linearly. Blur:
        Gaussian, sigma in pixels.
    """
    if operation == AS_IS:
        return image
    if operation == "JPEG":
        return jpeg_roundtrip(image, int(value))
    if operation == "WebP":
        return webp_roundtrip(image, int(value))
    if operation == "H.264":
        return _in_a_clip(image, int(value))
    if operation == "blur":
        return cv2.GaussianBlur(image, (0, 0), value)
    if operation == "resize":
        height, width = image.shape[:2]
        small = max(1, round(width * value)), max(1, round(height * value))
        shrunk = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        return cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR)
    raise InputError(f"an operation is one of {', '.join(OPERATION_NAMES)}; what came is {operation!r}")


def _in_a_clip(image: Array, rate: int) -> Array:
    height, width = image.shape[:2]
    around = cv2.copyMakeBorder(image, 0, 0, 2, 2, cv2.BORDER_REFLECT_101 if width > 2 else cv2.BORDER_REPLICATE)
    clip = [np.ascontiguousarray(around[:height, x : x + width]) for x in range(5)]
    return h264_roundtrip(clip, rate)[2]
