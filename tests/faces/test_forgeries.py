"""Forgeries: repeatable, inside their mask, visible, and degraded like their originals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.faces import forgeries
from core.media_attack import samples
from core.training.training_faces import degrade
from core.types import Array


def scene() -> tuple[Array, Array]:
    found = samples.portrait_face()
    left, top = found.box[0] - 20, found.box[1] - 20
    portrait = samples.portrait()
    crop = portrait[int(top) : int(top) + 200, int(left) : int(left) + 200]
    return crop, found.landmarks - np.asarray([int(left), int(top)], np.float32)


def self_blend(seed: int) -> tuple[Array, Array]:
    return forgeries.self_blend(*scene(), np.random.default_rng(seed))[:2]


def swap(seed: int) -> tuple[Array, Array]:
    crop, landmarks = scene()
    mirrored = landmarks[[1, 0, 2, 4, 3]] * [-1, 1] + [199, 0]
    return forgeries.swap(crop, landmarks, crop[:, ::-1], mirrored.astype(np.float32), np.random.default_rng(seed))


def warp(seed: int) -> tuple[Array, Array]:
    return forgeries.warp(*scene(), np.random.default_rng(seed))


def resynthesise(seed: int) -> tuple[Array, Array]:
    return forgeries.resynthesise(*scene(), np.random.default_rng(seed))


MAKERS = (self_blend, swap, warp, resynthesise)


@pytest.mark.parametrize("make", MAKERS)
def test_a_seed_repeats_it_and_another_differs(make: Callable[[int], tuple[Array, Array]]) -> None:
    assert np.array_equal(make(1)[0], make(1)[0])
    assert not np.array_equal(make(1)[0], make(2)[0])


@pytest.mark.parametrize("make", MAKERS)
def test_shape_range_mask_and_change(make: Callable[[int], tuple[Array, Array]]) -> None:
    crop, _ = scene()
    changed = 0
    for seed in range(12):
        image, mask = make(seed)
        assert image.shape == crop.shape
        assert image.dtype == np.uint8
        assert mask.shape == crop.shape[:2]
        assert 0 <= mask.min() <= mask.max() <= 1
        assert mask.max() > 0.2
        changed += not np.array_equal(image, crop)
    assert changed >= 11


@pytest.mark.parametrize("make", [swap, warp, resynthesise])
def test_nothing_changes_outside_the_mask(make: Callable[[int], tuple[Array, Array]]) -> None:
    crop, _ = scene()
    for seed in range(6):
        image, mask = make(seed)
        assert np.array_equal(image[mask == 0], crop[mask == 0])


def test_blend_is_the_weighted_mean() -> None:
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 200, np.uint8)
    mixed = forgeries.blend(black, white, np.full((4, 4), 0.25, np.float32))
    assert (mixed == 50).all()


def test_match_colour_moves_the_mean() -> None:
    rng = np.random.default_rng(0)
    dark = rng.integers(20, 90, (50, 50, 3)).astype(np.uint8)
    light = rng.integers(120, 200, (50, 50, 3)).astype(np.uint8)
    moved = forgeries.match_colour(dark, light, np.ones((50, 50), np.float32))
    assert np.abs(moved.mean((0, 1)) - light.mean((0, 1))).max() < 6


def test_an_image_degraded_beside_its_twin_stays_its_twin() -> None:
    crop, _ = scene()
    for seed in range(8):
        rng = np.random.default_rng(seed)
        (first, second), _ = degrade([crop, crop], np.zeros(crop.shape[:2], np.float32), rng)
        assert np.array_equal(first, second)
