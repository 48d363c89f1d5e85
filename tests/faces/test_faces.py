"""Faces: found, cropped square, followed, and refused when small."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torchvision.ops import box_iou

from core.faces.detection import CROP_SCALE, find_faces
from core.faces.rejection import rejection_reason
from core.faces.tracking import iou, match_boxes, track_faces
from core.media.images import crop_square, reflect_index
from core.types import Array, Box, Face, InputError, content_id


def face(box: Box, *, track: int = 0) -> Face:
    crop = np.zeros((8, 8, 3), np.uint8)
    return Face(content_id(crop, str(box)), crop, box, np.zeros((5, 2), np.float32), 0, 0.9, track)


def test_the_portrait_has_one_face_with_landmarks_inside_its_box(portrait: Array) -> None:
    (found,) = find_faces(portrait)
    left, top, right, bottom = found.box
    assert 140 < left < right < 300
    assert 40 < top < bottom < 240
    assert not found.is_precropped
    assert found.crop.shape[0] == found.crop.shape[1] == round(CROP_SCALE * max(right - left, bottom - top))
    assert ((found.landmarks > (left, top)) & (found.landmarks < (right, bottom))).all()
    assert found.score > 0.5


def test_two_faces_are_both_found_the_larger_first(portrait: Array) -> None:
    small = cv2.resize(portrait, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    canvas = np.full((512, 512 + small.shape[1], 3), 90, np.uint8)
    canvas[:, :512], canvas[: small.shape[0], 512:] = portrait, small
    first, second = find_faces(canvas)
    assert first.width > second.width
    assert first.box[2] < 512 < second.box[0]
    assert (first.track, second.track) == (0, 1)


def test_no_face_in_noise() -> None:
    assert find_faces(np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)) == []


@pytest.mark.parametrize("side", [120, 200, 333])
def test_a_face_crop_is_found_to_be_one_and_judged_whole(portrait: Array, side: int) -> None:
    (found,) = find_faces(portrait)
    tight = crop_square(portrait, found.box, scale=1.0)
    image = cv2.resize(tight, (side, side), interpolation=cv2.INTER_AREA)
    (again,) = find_faces(image)
    assert again.is_precropped
    assert np.array_equal(again.crop, image)


def test_a_small_face_gets_no_verdict_and_the_reason(portrait: Array) -> None:
    (found,) = find_faces(cv2.resize(portrait, (160, 160), interpolation=cv2.INTER_AREA))
    assert rejection_reason(found) == f"No verdict: the face is {found.width} pixels wide, 48 are needed."
    (large,) = find_faces(portrait)
    assert rejection_reason(large) is None


def test_crop_at_the_border_is_reflected() -> None:
    frame = np.arange(20 * 30 * 3, dtype=np.uint32).reshape(20, 30, 3).astype(np.uint8)
    crop = crop_square(frame, (0, 0, 10, 10), scale=2.0)
    assert crop.shape == (20, 20, 3)
    assert np.array_equal(crop[5:, 5:], frame[:15, :15])
    assert np.array_equal(crop[4, 5:], frame[1, :15])
    assert np.array_equal(reflect_index(np.arange(-3, 6), 4), [3, 2, 1, 0, 1, 2, 3, 2, 1])
    assert np.array_equal(reflect_index(np.arange(-2, 3), 1), [0] * 5)


def test_overlap() -> None:
    shares = iou([(0, 0, 10, 10), (0, 0, 1, 1)], [(0, 0, 10, 10), (5, 0, 15, 10), (2, 2, 3, 3)])
    assert shares[0] == pytest.approx([1, 1 / 3, 1 / 100])
    assert shares[1] == pytest.approx([1 / 100, 0, 0])
    assert iou([(1, 1, 1, 1)], [(1, 1, 1, 1)]).tolist() == [[0]], "boxes without an area"
    assert iou([], [(0, 0, 1, 1)]).shape == (0, 1)


def test_overlaps_are_those_of_torchvision() -> None:
    corners = np.random.default_rng(0).uniform(0, 50, (2, 20, 2))
    boxes = np.concatenate([corners[0], corners[0] + corners[1]], axis=1)
    expected = box_iou(*(torch.from_numpy(one) for one in (boxes[:10], boxes[10:]))).numpy()
    assert expected.max() > 0.2
    given = [[(x, y, z, w) for x, y, z, w in one.tolist()] for one in (boxes[:10], boxes[10:])]
    np.testing.assert_allclose(iou(*given), expected, atol=1e-9)


def test_boxes_are_matched_for_the_largest_sum() -> None:
    """The best pair alone would leave the second box without a partner."""
    boxes = [(0.0, 0.0, 10.0, 10.0), (4.0, 0.0, 14.0, 10.0)]
    others = [(1.0, 0.0, 11.0, 10.0), (-5.0, 0.0, 5.0, 10.0)]
    assert match_boxes(boxes, others, min_iou=0.2) == {0: 1, 1: 0}
    assert match_boxes(boxes, others, min_iou=0.4) == {0: 0}
    assert match_boxes([], others, min_iou=0.2) == match_boxes(boxes, [], min_iou=0.2) == {}


def test_tracks_follow_faces_that_cross_the_order_and_new_ones_begin() -> None:
    frames = [
        [face((0, 0, 10, 10)), face((50, 0, 60, 10))],
        [face((51, 0, 61, 10)), face((1, 0, 11, 10))],
        [face((2, 0, 12, 10)), face((90, 0, 99, 9))],
        [face((52, 0, 62, 10))],
    ]
    tracks = [[f.track for f in faces] for faces in track_faces(frames)]
    assert tracks == [[0, 1], [1, 0], [0, 2], [1]]


def test_a_face_is_checked_where_it_is_made() -> None:
    with pytest.raises(InputError, match="the crop of a face has to be"):
        Face("x", np.zeros((8, 8), np.uint8), (0, 0, 1, 1), np.zeros((5, 2)), 0, 1.0)
    with pytest.raises(InputError, match="five landmarks"):
        Face("x", np.zeros((8, 8, 3), np.uint8), (0, 0, 1, 1), np.zeros((4, 2)), 0, 1.0)
