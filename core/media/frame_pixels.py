"""Convert decoded video frames to pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from av.sidedata.sidedata import SideDataContainer

from ..types import Array


def to_rgb(frame: Any) -> Array:
    """Convert a frame to (H, W, 3) uint8 RGB, turned and mirrored by its display matrix. Not writable."""
    # One thread: those of each frame cost more than they gain. `frame.side_data` would keep the frame, and its memory,
    # until Python looks for cycles.
    pixels = frame.to_ndarray(format="rgb24", threads=1)
    side_data: Any = SideDataContainer(frame)  # type: ignore[call-arg]
    matrix = next((bytes(one) for one in side_data if one.type.name == "DISPLAYMATRIX"), None)
    if matrix is None:
        return _kept(pixels)
    (a, b), (c, d) = np.frombuffer(matrix, np.int32, 9).reshape(3, 3)[:2, :2].astype(np.int64)
    # A pixel (x, y) is shown at (a x + c y, b x + d y): of angles in between the nearest quarter turn is taken.
    right, down = (a, d) if abs(a) >= abs(b) else (c, b)
    turned = pixels if abs(a) >= abs(b) else pixels.swapaxes(0, 1)
    return _kept(turned[:: -1 if down < 0 else 1, :: -1 if right < 0 else 1])


def _kept(pixels: Array) -> Array:
    """Make pixels contiguous and not writable."""
    pixels = np.ascontiguousarray(pixels)
    pixels.setflags(write=False)
    return pixels
