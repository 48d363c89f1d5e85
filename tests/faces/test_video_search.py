"""Faces of a video: found in two steps, the same as at full size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.faces import video_search
from core.faces.detection import detect_boxes, find_faces
from core.faces.video_search import VideoSearch
from core.types import Array, Face


def frame(portrait: Array, *faces: tuple[int, int, int]) -> Array:
    """Paste the portrait at (left, top) of a frame, so many pixels high."""
    canvas = np.full((600, 800, 3), 90, np.uint8)
    for left, top, side in faces:
        canvas[top : top + side, left : left + side] = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
    return canvas


@pytest.fixture
def full_searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Fill with the widths of what is searched as a whole."""
    seen: list[int] = []

    def counted(image: Array, *, threshold: float = 0.4) -> object:
        seen.append(image.shape[1])
        return detect_boxes(image, threshold=threshold)

    monkeypatch.setattr(video_search, "detect_boxes", counted)
    return seen


def close(found: list[Face], expected: list[Face]) -> bool:
    return len(found) == len(expected) and all(
        np.allclose(one.box, two.box, atol=0.7) and np.allclose(one.landmarks, two.landmarks, atol=0.7)
        for one, two in zip(found, expected, strict=True)
    )


def test_a_moving_face_is_found_in_a_small_frame_and_at_full_size_about_it(
    portrait: Array, full_searches: list[int]
) -> None:
    search = VideoSearch()
    for index, left in enumerate((10, 60, 330)):
        picture = frame(portrait, (left, 200, 300))
        assert close(search.find(picture, index=index), find_faces(picture, index=index))
    assert full_searches == [800, 256, 256]


def test_a_face_that_comes_or_goes_or_is_small_is_searched_at_full_size(
    portrait: Array, full_searches: list[int]
) -> None:
    search = VideoSearch()
    frames = [
        frame(portrait, (10, 100, 300)),
        frame(portrait, (10, 100, 300), (480, 150, 280)),  # comes
        frame(portrait, (10, 100, 300), (480, 150, 280)),
        frame(portrait, (480, 150, 280)),  # goes
        frame(portrait, (10, 100, 300), (600, 300, 130)),  # a small one: 12 pixels in the small frame
        frame(portrait, (10, 100, 300), (600, 300, 130)),
    ]
    for index, picture in enumerate(frames):
        assert close(search.find(picture, index=index), find_faces(picture, index=index))
    assert full_searches.count(800) == 5


def test_full_size_is_searched_again_after_some_frames(
    portrait: Array, full_searches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_search, "FULL_EVERY", 3)
    search, picture = VideoSearch(), frame(portrait, (10, 200, 300))
    for index in range(5):
        search.find(picture, index=index)
    assert full_searches == [800, 256, 256, 800, 256]
