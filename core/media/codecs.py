"""Encode and decode images by JPEG, WebP and H.264, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import cv2
import numpy as np

from ..types import Array
from .quiet_av import av


def jpeg_roundtrip(image: Array, quality: int) -> Array:
    """Encode (H, W, 3) uint8 RGB as JPEG at `quality` (1 to 100) and decode it."""
    return _still(image, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, int(quality)])


def webp_roundtrip(image: Array, quality: int) -> Array:
    """Encode (H, W, 3) uint8 RGB as lossy WebP at `quality` and decode it."""
    return _still(image, ".webp", [cv2.IMWRITE_WEBP_QUALITY, int(quality)])


def _still(image: Array, suffix: str, settings: list[int]) -> Array:
    _, data = cv2.imencode(suffix, image[..., ::-1], settings)
    decoded: Array = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return np.ascontiguousarray(decoded[..., ::-1])


def h264_roundtrip(frames: list[Array], crf: int, *, preset: str = "medium") -> list[Array]:
    """Encode frames as one H.264 clip in memory and decode them.

    `frames`: (H, W, 3) uint8 RGB of one size; an odd side is padded for coding and cropped afterwards. `crf`: constant
        rate factor, 0 to 51. `preset`: of x264.
    """
    height, width = frames[0].shape[:2]
    coder = av.CodecContext.create("libx264", "w")
    coder.width, coder.height, coder.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
    coder.time_base = Fraction(1, 25)
    coder.options = {"crf": str(crf), "preset": preset, "threads": "1", "tune": "zerolatency"}
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1

    def packets() -> Iterator[av.Packet]:
        for number, frame in enumerate(frames):
            padded = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            image = av.VideoFrame.from_ndarray(padded, format="rgb24")
            image.pts = number
            yield from coder.encode(image)
        yield from coder.encode(None)

    out = [image.to_ndarray(format="rgb24", threads=1) for packet in packets() for image in decoder.decode(packet)]
    out += [image.to_ndarray(format="rgb24", threads=1) for image in decoder.decode(None)]
    return [np.ascontiguousarray(frame[:height, :width]) for frame in out]
