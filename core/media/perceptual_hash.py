"""Compute the PDQ hash of an image: 256 bits that survive re-encoding."""

from __future__ import annotations

import cv2
import numpy as np

from ..types import Array
from ..types.provenance import PerceptualHash

_SIDE, _BITS = 64, 16  # of the reduced image, and of the grid of frequencies
_MAX_SIDE = 512  # larger images are reduced first
_LUMA = np.asarray([0.299, 0.587, 0.114], np.float32)


def perceptual_hash(frame: Array, *, index: int = 0) -> PerceptualHash:
    """Hash a frame (H, W, 3) uint8 and its mirror image.

    Source: PDQ, Facebook 2019, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm". This is
    code of our own: the package `pdqhash` is published as source only, so whoever installs it needs a compiler. A test
    holds hashes that it computed.
    """
    small = _reduced(frame)
    bits, quality = _hash(small)
    mirrored, _ = _hash(small[:, ::-1])
    return PerceptualHash(_digits(bits), _digits(mirrored), quality, index)


def hash_distance(one: str, other: str) -> int:
    """Count the bits in which two hashes differ.

    Up to 31 of 256: the same image.
    """
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _reduced(frame: Array) -> Array:
    """Return (h, w) float32 luminance, neither side over 512 pixels."""
    height, width = frame.shape[:2]
    scale = _MAX_SIDE / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    return frame.astype(np.float32) @ _LUMA


def _hash(luminance: Array) -> tuple[Array, int]:
    """Return 256 bits and the quality of the reduced image."""
    for _ in range(2):
        luminance = _box(_box(luminance, axis=1), axis=0)
    rows, columns = ((((np.arange(_SIDE) + 0.5) * length) / _SIDE).astype(int) for length in luminance.shape)
    small = luminance[rows[:, None], columns[None, :]]
    frequencies = _DCT @ small @ _DCT.T
    median = np.sort(frequencies, axis=None)[_BITS * _BITS // 2 - 1]
    return (frequencies > median).reshape(-1), _quality(small)


def _box(values: Array, *, axis: int) -> Array:
    """Average over a window along an axis, cut at the edges."""
    length = values.shape[axis]
    window = (length + 2 * _SIDE - 1) // (2 * _SIDE)
    after = (window + 2) // 2
    place = np.arange(length)
    low, high = np.maximum(place - (window - after), 0), np.minimum(place + after, length)
    first = np.zeros_like(np.take(values, [0], axis=axis), dtype=np.float64)
    sums = np.concatenate([first, np.cumsum(values, axis=axis, dtype=np.float64)], axis=axis)
    counts = (high - low).reshape((-1, 1) if axis == 0 else (1, -1))
    return (np.take(sums, high, axis=axis) - np.take(sums, low, axis=axis)) / counts


def _quality(small: Array) -> int:
    """Return how much happens in a 64 x 64 image, 0 to 100."""
    steps = [np.abs(np.trunc(np.diff(small, axis=axis) * 100 / 255)).sum() for axis in (0, 1)]
    return min(100, int(sum(steps) / 90))


def _digits(bits: Array) -> str:
    return np.packbits(bits[::-1]).tobytes().hex()


def _dct() -> Array:
    frequency, place = np.arange(1, _BITS + 1)[:, None], np.arange(_SIDE)[None, :]
    return np.sqrt(2 / _SIDE) * np.cos(np.pi / (2 * _SIDE) * frequency * (2 * place + 1))


_DCT = _dct()
