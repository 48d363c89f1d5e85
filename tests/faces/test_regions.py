"""Regions of a crop: they cover it once, follow the landmarks, and share out what a map holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.faces.detection import CROP_SCALE
from core.faces.regions import REGIONS, region_index, region_masks, share_by_region
from core.media.images import crop_square, square_about
from core.media_attack import samples
from core.output.screen.comparisons import EDGE, between, regions_on
from core.types import Array, Box, Face, InputError

POINTS = np.array([[170, 180], [230, 180], [200, 220], [177, 249], [223, 249]], np.float32)
BOX: Box = (130.0, 120.0, 270.0, 290.0)


def face_at(points: Array = POINTS, box: Box = BOX, frame: Array | None = None) -> Face:
    frame = np.zeros((400, 400, 3), np.uint8) if frame is None else frame
    return Face("0", crop_square(frame, box, scale=CROP_SCALE), box, points.astype(np.float32), 0, 0.9)


def on_crop(face: Face, at: Array) -> tuple[int, int]:
    left, top, _ = square_about(face.box, scale=CROP_SCALE)
    return round(float(at[1])) - top, round(float(at[0])) - left


def covers_once(masks: dict[str, Array]) -> bool:
    return bool((np.sum(list(masks.values()), 0) == 1).all())


def test_landmarks_lie_in_their_regions() -> None:
    face = face_at()
    masks = region_masks(face)
    assert tuple(masks) == REGIONS
    assert covers_once(masks)
    for point, region in zip(POINTS, ("eyes", "eyes", "nose", "mouth", "mouth"), strict=True):
        assert masks[region][on_crop(face, point)], region
    for point, region in (
        ((200, 138), "skin"),
        ((150, 215), "skin"),
        ((200, 292), "outline"),
        ((95, 95), "background"),
    ):
        assert masks[region][on_crop(face, np.array(point))], region


def test_the_masks_of_a_straight_face_are_symmetric() -> None:
    masks = region_masks(face_at())
    middle = 2 * (200 - square_about(BOX, scale=CROP_SCALE)[0])
    for mask in masks.values():
        width = mask.shape[1]
        columns = np.arange(max(0, middle - width + 1), min(width, middle + 1))
        assert np.array_equal(mask[:, columns], mask[:, middle - columns])


def test_sizes_are_those_of_the_docstring() -> None:
    masks = region_masks(face_at())
    unit = 60.0
    assert masks["eyes"].sum() == pytest.approx(2 * np.pi * 0.34 * 0.24 * unit**2, rel=0.02)
    assert masks["mouth"].sum() == pytest.approx(np.pi * (23 + 0.14 * unit) * 0.3 * unit, rel=0.02)
    inside = sum(masks[name].sum() for name in ("eyes", "nose", "mouth", "skin"))
    assert inside == pytest.approx(np.pi * 1.12 * 1.46 * 0.88**2 * unit**2, rel=0.02)


@pytest.mark.parametrize("angle", [-90, -35, 20, 180])
def test_a_tilted_face_has_the_same_regions_tilted(angle: float) -> None:
    middle = np.array([200.0, 205.0])
    sine, cosine = np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))
    yaw_ratio = (POINTS - middle) @ np.array([[cosine, sine], [-sine, cosine]]) + middle
    box = (115.0, 120.0, 285.0, 290.0)  # square about the middle: nothing of the regions is cut off
    straight, tilted = region_masks(face_at(POINTS, box)), region_masks(face_at(yaw_ratio, box))
    assert covers_once(tilted)
    for name in ("eyes", "nose", "mouth", "skin"):
        assert tilted[name].sum() == pytest.approx(straight[name].sum(), rel=0.03)
    face = face_at(yaw_ratio, box)
    assert tilted["nose"][on_crop(face, yaw_ratio[2])]


@pytest.mark.parametrize(
    "points",
    [
        [[200, 180], [214, 180], [228, 215], [196, 246], [215, 246]],  # turned aside: the eyes are close together
        [[170, 180], [230, 180], [200, 190], [177, 200], [223, 200]],  # nodding: the mouth is close to the eyes
        [[170, 180], [230, 180], [200, 180], [177, 249], [223, 249]],  # the nose on the line of the eyes
        [[170, 180], [230, 180], [200, 220], [200, 249], [200, 249]],  # both corners of the mouth in one point
        [[900, 900], [960, 900], [930, 940], [907, 969], [953, 969]],  # outside the crop
    ],
)
def test_odd_faces_are_still_covered_once(points: list[list[float]]) -> None:
    masks = region_masks(face_at(np.array(points)))
    assert covers_once(masks)


def test_a_face_turned_aside_keeps_its_size_and_its_oval_moves_from_the_nose() -> None:
    box = (100.0, 100.0, 300.0, 300.0)  # wide enough for all of the oval
    aside = POINTS.copy()
    aside[2, 0] += 15
    straight, yaw_ratio = (region_masks(face_at(points, box)) for points in (POINTS, aside))
    columns = [np.nonzero(masks["outline"])[1].mean() for masks in (straight, yaw_ratio)]
    assert columns[1] == pytest.approx(columns[0] - 15, abs=1.5)  # an eye takes part of the ring
    assert yaw_ratio["outline"].sum() == pytest.approx(straight["outline"].sum(), rel=0.03)


def test_reflected_pixels_belong_to_what_they_show() -> None:
    frame = np.zeros((400, 400, 3), np.uint8)
    width, height = 260, 300  # the frame cut at its right and lower edge; then the face moved over the other two
    moved = POINTS - [140, 150]
    box = (BOX[0] - 140, BOX[1] - 150, BOX[2] - 140, BOX[3] - 150)
    for points, at, size in ((POINTS, BOX, (width, height)), (moved, box, (400, 400))):
        whole = frame[: size[1], : size[0]]
        face = face_at(points, at, whole)
        truth = region_index(region_masks(face_at(points, (-100.0, -100.0, 500.0, 500.0))))  # all of the plane
        left, top, _ = square_about((-100.0, -100.0, 500.0, 500.0), scale=CROP_SCALE)
        plane = truth[-top : -top + size[1], -left : -left + size[0]].astype(np.uint8)
        expected = crop_square(np.repeat(plane[..., None], 3, -1), at, scale=CROP_SCALE)[..., 0]
        assert np.array_equal(region_index(region_masks(face, size=size)), expected)
    assert np.array_equal(region_index(region_masks(face)), expected)  # left and above: known without the size


def test_a_crop_that_is_judged_whole() -> None:
    face = samples.portrait_face()
    whole = Face(
        "1", np.zeros((290, 330, 3), np.uint8), (0.0, 0.0, 330.0, 290.0), POINTS - [40, 60], 0, 0.9, is_precropped=True
    )
    masks = region_masks(whole)
    assert masks["nose"].shape == (290, 330)
    assert masks["nose"][160, 160]
    assert covers_once(masks)
    assert covers_once(region_masks(face))


def test_shares_of_a_known_map() -> None:
    masks = {"a": np.zeros((4, 5), bool), "b": np.zeros((4, 5), bool)}
    masks["a"][0], masks["b"][1:] = True, True
    values = np.zeros((4, 5), np.float32)
    values[0, :2], values[2, 0], values[3, 3] = [3, -1], 1, -5
    a, b = share_by_region(values, masks, signed=True)
    assert (a.region, a.relevance, a.positive, a.negative, a.area, a.density) == pytest.approx(
        ("a", 0.4, 0.75, 1 / 6, 0.25, 1.6)
    )
    assert (b.relevance, b.positive, b.negative, b.density) == pytest.approx((0.6, 0.25, 5 / 6, 0.8))
    unsigned = share_by_region(np.abs(values), masks, signed=False)
    assert [row.relevance for row in unsigned] == pytest.approx([0.4, 0.6])
    assert {row.positive for row in unsigned} == {row.negative for row in unsigned} == {None}


def test_shares_sum_to_one_and_an_even_map_has_density_one() -> None:
    masks = region_masks(face_at())
    values = np.random.default_rng(0).normal(size=masks["skin"].shape)
    rows = share_by_region(values, masks, signed=True)
    for part in ("relevance", "positive", "negative", "area"):
        assert sum(getattr(row, part) for row in rows) == pytest.approx(1)
    even = share_by_region(np.ones_like(values), masks, signed=True)
    assert [row.density for row in even] == pytest.approx([1] * 6)
    assert {row.negative for row in even} == {None}


def test_nothing_to_share_out_is_none() -> None:
    masks = region_masks(face_at(POINTS + 800))
    zero = share_by_region(np.zeros(masks["skin"].shape), masks, signed=True)
    assert {(row.relevance, row.positive, row.negative, row.density) for row in zero} == {(None,) * 4}
    ones = {row.region: row for row in share_by_region(np.ones(masks["skin"].shape), masks, signed=False)}
    assert (ones["nose"].area, ones["nose"].relevance, ones["nose"].density) == (0, 0, None)


def test_the_index_and_the_lines_between_regions() -> None:
    face = face_at()
    masks = region_masks(face)
    index = region_index(masks)
    for place, mask in enumerate(masks.values()):
        assert np.array_equal(index == place, mask)
    lines = between(index)
    rows, columns = np.nonzero(lines)
    above, left = index[rows - (rows > 0), columns], index[rows, columns - (columns > 0)]
    assert ((above != index[lines]) | (left != index[lines])).all()
    assert 0 < lines.mean() < 0.1
    drawn = regions_on(np.full_like(face.crop, 200), index, [])
    scale = drawn.shape[0] // index.shape[0]
    large = np.kron(index, np.ones((scale, scale), np.uint8))
    assert np.array_equal((drawn == EDGE).all(2), between(large))


@pytest.mark.parametrize("side", [48, 512])
def test_small_and_large_crops(side: int) -> None:
    scale = side / 221  # the crop of BOX has 221 pixels
    left, top, right, bottom = (v * scale for v in BOX)
    face = face_at(POINTS * scale, (left, top, right, bottom), np.zeros((1000, 1000, 3), np.uint8))
    assert abs(face.crop.shape[0] - side) <= 1
    masks = region_masks(face)
    assert covers_once(masks)
    assert all(mask.any() for mask in masks.values())


def test_refusals() -> None:
    face = face_at()
    with pytest.raises(InputError, match="apart from one another"):
        region_masks(face_at(np.full((5, 2), 200.0)))
    with pytest.raises(InputError, match="the crop of this box is 221 x 221 pixels"):
        region_masks(replace(face, crop=face.crop[:-1]))
    masks = region_masks(face)
    with pytest.raises(InputError, match="of the map's shape"):
        share_by_region(np.zeros((9, 9)), masks, signed=True)
    with pytest.raises(InputError, match="finite everywhere"):
        share_by_region(np.full(masks["skin"].shape, np.nan), masks, signed=True)


def test_a_part_is_never_more_than_the_whole() -> None:
    face = face_at()
    eyes, rng = region_masks(face)["eyes"], np.random.default_rng(0)
    for _ in range(60):
        (found,) = share_by_region(eyes * rng.lognormal(0, 6, eyes.shape), {"eyes": eyes}, signed=True)
        assert found.relevance is not None
        assert found.relevance <= 1
