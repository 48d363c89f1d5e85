"""Convert pixels: crops, arrays to tensors and back, PNG; no models."""

from __future__ import annotations

import functools
import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..types import Array, Box, InputError

KEPT_PNGS = 4  # that stay decoded
DIFFERENCE_FACTOR = 8  # that differences are amplified by, where nothing else is asked for


def to_tensor(image: Array) -> Tensor:
    """Convert (H, W, 3) uint8 or float [0, 1] to (1, 3, H, W) float32."""
    scale = np.float32(255 if image.dtype == np.uint8 else 1)
    values = np.empty((1, 3, *image.shape[:2]), np.float32)
    np.divide(image.transpose(2, 0, 1), scale, out=values[0], casting="same_kind")
    return torch.from_numpy(values)


def to_array(batch: Tensor) -> Array:
    """Convert (1, 3, H, W) or (3, H, W) in [0, 1] to (H, W, 3) float32."""
    image = batch.detach()[0] if batch.ndim == 4 else batch.detach()
    return np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy(), dtype=np.float32)


def to_uint8(image: Array) -> Array:
    """Round floats in [0, 1] to the nearest 8-bit value."""
    return np.clip(np.rint(image * 255.0), 0, 255).astype(np.uint8) if image.dtype != np.uint8 else image


def crop_square(frame: Array, box: Box, *, scale: float = 1.3) -> Array:
    """Crop the square around a box, reflected where it leaves the frame.

    Nothing is resampled.

    Args:
        frame: (H, W, 3) uint8.
        box: (left, top, right, bottom) in pixels.
        scale: the square's side over the box's longer side.
    """
    left, top, side = square_about(box, scale=scale)
    height, width = frame.shape[:2]
    if top >= 0 and left >= 0 and top + side <= height and left + side <= width:
        return frame[top : top + side, left : left + side].copy()
    rows = reflect_index(np.arange(top, top + side), height)
    columns = reflect_index(np.arange(left, left + side), width)
    return np.ascontiguousarray(frame[rows[:, None], columns[None, :]])


def put_back(frame: Array, crop: Array, box: Box, *, scale: float = 1.3) -> Array:
    """Paste a crop into a copy of the frame where `crop_square` took it from.

    Exact inverse in whole pixels: nothing is resampled or feathered; the reflected part is dropped.

    Args:
        frame: (H, W, 3) uint8.
        crop: (S, S, 3) uint8.
        box: (left, top, right, bottom) in pixels, as given to `crop_square`.
        scale: as given to `crop_square`.
    """
    left, top, side = square_about(box, scale=scale)
    if crop.shape != (side, side, 3):
        raise InputError(f"the crop of this box is {side} x {side} pixels; what came is {crop.shape}")
    high, wide = frame.shape[:2]
    above, before = max(top, 0), max(left, 0)
    below, behind = min(top + side, high), min(left + side, wide)
    changed = frame.copy()
    changed[above:below, before:behind] = crop[above - top : below - top, before - left : behind - left]
    return changed


def square_about(box: Box, *, scale: float = 1.3) -> tuple[int, int, int]:
    """Return left, top and side, in whole pixels, of the scaled square around `box`."""
    left, top, right, bottom = box
    side = max(1, round(scale * max(right - left, bottom - top)))
    return round((left + right) / 2 - side / 2), round((top + bottom) / 2 - side / 2), side


def resized(image: Array, size: tuple[int, int]) -> Array:
    """Resample (H, W, 3) uint8 to (height, width); one of that size comes back as it is."""
    if image.shape[:2] == size:
        return image
    return np.asarray(Image.fromarray(image).resize(size[::-1], Image.Resampling.LANCZOS))


def within(image: Array, longest: int) -> Array:
    """Reduce (H, W, 3) uint8 whose longer side has more than `longest` pixels."""
    height, width = image.shape[:2]
    scale = min(1.0, longest / max(height, width))
    return resized(image, (max(1, round(height * scale)), max(1, round(width * scale))))


def reflect_index(index: Array, size: int) -> Array:
    """Reflect indices outside [0, size) back inside; the edge is not repeated."""
    if size == 1:
        return np.zeros_like(index)
    period = 2 * (size - 1)
    folded = np.mod(index, period)
    return np.where(folded >= size, period - folded, folded)


def encode_png(image: Array, *, level: int = 6) -> bytes:
    """Encode (H, W, 3) or (H, W) uint8 as PNG.

    At `level` 1 the file is larger, and takes a fraction of the time.
    """
    buffer = io.BytesIO()
    Image.fromarray(to_uint8(image)).save(buffer, format="PNG", compress_level=level)
    return buffer.getvalue()


def encode_jpeg(image: Array, quality: int) -> bytes:
    """Encode (H, W, 3) uint8 as JPEG of full colour resolution.

    `quality`: 1 to 100.
    """
    buffer = io.BytesIO()
    Image.fromarray(to_uint8(image)).save(buffer, format="JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def decode_png(data: bytes) -> Array:
    """Decode a PNG of ours to (H, W, 3) uint8 RGB."""
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        return np.asarray(image.convert("RGB"))


@functools.lru_cache(maxsize=KEPT_PNGS)
def kept_png(data: bytes) -> Array:
    """Decode a PNG of ours as `decode_png`, those asked for last once.

    Pages ask at each run. Nobody can change the pixels.
    """
    found = decode_png(data)
    found.flags.writeable = False
    return found


def psnr(clean: Array, changed: Array) -> float:
    """Return the peak signal-to-noise ratio in dB of two images in [0, 1].

    Infinite when they are equal.
    """
    error = float(np.mean((clean.astype(np.float64) - changed.astype(np.float64)) ** 2))
    return float("inf") if error == 0 else float(-10 * np.log10(error))


def amplified_difference(clean: Array, changed: Array, *, factor: float = DIFFERENCE_FACTOR) -> Array:
    """Return 0.5 + factor * (changed - clean), clipped, as uint8.

    Both are (H, W, 3) in [0, 1]; mid-grey means no change.
    """
    return to_uint8(np.clip(0.5 + factor * (changed.astype(np.float32) - clean.astype(np.float32)), 0, 1))
