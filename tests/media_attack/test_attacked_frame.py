"""Crops of a frame: they go back to where they came from, and a detector sees through their reflections."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.detectors import Detector
from core.faces.detection import CROP_SCALE
from core.media.images import crop_square, put_back, reflect_index, square_about, to_tensor
from core.media_attack.attacked_frame import Reflected, face_region
from core.types import Box, Face, InputError

BOXES: list[Box] = [
    (20.0, 15.0, 50.0, 55.0),
    (-8.0, 10.0, 30.0, 50.0),
    (60.0, -9.5, 95.0, 30.0),
    (75.3, 50.2, 110.0, 79.0),
    (30.0, 60.0, 70.0, 99.0),
    (-20.0, -20.0, 120.0, 120.0),
    (-30.0, 10.0, 8.0, 45.0),
]


@pytest.mark.parametrize("box", BOXES)
def test_a_crop_goes_back_to_where_it_came_from(box: Box) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (80, 100, 3)).astype(np.uint8)
    crop = crop_square(frame, box, scale=CROP_SCALE)
    assert np.array_equal(put_back(frame, crop, box), frame)
    changed = put_back(frame, 255 - crop, box)
    left, top, side = square_about(box, scale=CROP_SCALE)
    rows, columns = (slice(max(start, 0), max(start + side, 0)) for start in (top, left))
    assert np.array_equal(changed[rows, columns], 255 - frame[rows, columns])
    rest = np.ones((80, 100), bool)
    rest[rows, columns] = False
    assert np.array_equal(changed[rest], frame[rest])
    # What was put back is cropped again as it is, the reflection following it.
    assert np.array_equal(crop_square(changed, box)[max(-top, 0), max(-left, 0)], changed[rows, columns][0, 0])


def test_a_crop_of_another_size_is_refused() -> None:
    with pytest.raises(InputError, match=r"52 x 52 pixels; what came is \(10, 10, 3\)"):
        put_back(np.zeros((80, 100, 3), np.uint8), np.zeros((10, 10, 3), np.uint8), BOXES[0])


@pytest.mark.parametrize("box", BOXES)
def test_a_reflected_detector_sees_the_very_crop(box: Box, random_detector: Detector) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (80, 100, 3)).astype(np.uint8)
    left, top, side = square_about(box, scale=CROP_SCALE)
    face = Face("", crop_square(frame, box), box, np.zeros((5, 2), np.float32), 0, 1.0)
    rows = reflect_index(np.arange(top, top + side), 80)
    columns = reflect_index(np.arange(left, left + side), 100)
    part = face_region(face, box, frame)
    model = Reflected(random_detector.model, rows - part[0].start, columns - part[1].start)
    with torch.inference_mode():
        assert torch.equal(model(to_tensor(frame[part])), random_detector.model(to_tensor(face.crop)))
