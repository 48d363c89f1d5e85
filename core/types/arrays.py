"""Define the parts of every value: arrays, labels, content hashes, and their checks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .errors import InputError

Array = npt.NDArray[Any]
Box = tuple[float, float, float, float]
Settings = Mapping[str, Any]
Target = Literal["fake", "real", "margin"]
REAL, FAKE = 0, 1  # the order of the two logits
LABELS = ("real", "fake")


def content_id(*parts: Array | bytes | str) -> str:
    """Hash the parts with SHA-256, arrays with shape and dtype.

    The hash is the only cache key for images.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.shape}{part.dtype.str}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()


def check(fine: bool, what: str, came: object) -> None:
    """Raise an `InputError` that says what came, unless `fine`."""
    if not fine:
        raise InputError(f"{what}; what came is {came}")


def check_image(image: Array, name: str, dtype: type[Any]) -> None:
    """Refuse anything but an image (H, W, 3) of `dtype`; floats lie in [0, 1]."""
    fine = image.ndim == 3 and image.shape[2] == 3 and image.dtype == dtype and min(image.shape[:2]) > 0
    check(fine, f"{name} has to be (H, W, 3) {np.dtype(dtype).name}", f"{image.shape} {image.dtype}")
    if dtype is np.float32:
        low, high = float(image.min()), float(image.max())
        check(low >= 0 and high <= 1, f"{name} has to lie in [0, 1]", f"[{low:.3g}, {high:.3g}]")
