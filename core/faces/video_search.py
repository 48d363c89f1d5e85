"""Search a video for faces: a small frame first, full size about them."""

from __future__ import annotations

import cv2
import numpy as np

from ..types import Array, Face
from .detection import DetectedBox, boxes_within, detect_boxes, faces_from, full_size
from .tracking import match_boxes

FULL_EVERY = 4  # frames of which one is searched at full size, for small faces that came since
SMALL_SIDE = 256  # pixels of the small frame's longer side
MIN_SMALL = 20.0  # pixels of a face's longer side in the small frame: none larger was missed in it
SURE, DOUBTFUL = 0.6, 0.2  # scores in the small frame: a face; none below the second
# Pixels about a face that move its box at full size. Left out, they moved it by .35 pixels at most, in 80 frames of ten
# videos; a margin of 96 saved a sixth of the search, and moved a box by 4.
MARGIN = 128
MAX_SHARE = 0.7  # of the frame that windows may take, before the whole costs no more
MIN_IOU = 0.3


class VideoSearch:
    """Find the faces of a video's frames, one frame after the other.

    The same faces and, to a fraction of a pixel, the same boxes as `find_faces`. Full size is searched where faces are
    small or doubtful in the small frame, where their number changes, and every `FULL_EVERY` frames.
    at_full_size: whether all of the last frame was.
    """

    def __init__(self) -> None:
        self._since = FULL_EVERY  # frames since the last search at full size
        self._expected = -1  # faces of the last frame; -1: search at full size
        self.at_full_size = False

    def find(self, frame: Array, *, index: int) -> list[Face]:
        """Find the faces of the next frame (H, W, 3) uint8 RGB, the largest first."""
        found = self._quickly(frame) if self._expected >= 1 and self._since < FULL_EVERY else None
        self.at_full_size = found is None
        if found is None:
            found, self._since = detect_boxes(frame), 0
            small = MIN_SMALL * max(frame.shape[:2]) / SMALL_SIDE
            self._expected = len(found) if all(_longer(one) >= small for one in found) else -1
        self._since += 1
        return faces_from(frame, found, index=index)

    def _quickly(self, frame: Array) -> list[DetectedBox] | None:
        """Find as many faces as in the frame before.

        None where the whole has to be searched.
        """
        shrink = SMALL_SIDE / max(frame.shape[:2])
        if shrink > 0.7:
            return None
        small = cv2.resize(frame, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        seen = detect_boxes(small, threshold=DOUBTFUL)
        if len(seen) != self._expected or any(one[2] < SURE or _longer(one) < MIN_SMALL for one in seen):
            return None
        places = [np.asarray(one[0]) / shrink for one in seen]
        whole, scale = full_size(frame)
        windows = [_window(place * np.tile(scale, 2), whole) for place in places]
        if (
            sum((bottom - top) * (right - left) for left, top, right, bottom in windows)
            > MAX_SHARE * whole[..., 0].size
        ):
            return None
        found: list[DetectedBox] = []
        for place, window in zip(places, windows, strict=True):
            boxes = boxes_within(whole, window, scale)
            matched = match_boxes([_plain(place)], [box for box, _, _ in boxes], min_iou=MIN_IOU) if boxes else {}
            if not matched:
                return None
            found.append(boxes[matched[0]])
        return sorted(found, key=lambda one: -one[2])


def _plain(box: Array) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(value) for value in box)
    return left, top, right, bottom


def _longer(found: DetectedBox) -> float:
    left, top, right, bottom = found[0]
    return max(right - left, bottom - top)


def _window(box: Array, whole: Array) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) about a box, on the network's grid of 32 pixels."""
    low = np.maximum(np.floor((box[:2] - MARGIN) / 32) * 32, 0)
    high = np.minimum(np.ceil((box[2:] + MARGIN) / 32) * 32, whole.shape[1::-1])
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
