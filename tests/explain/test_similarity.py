"""Similarity of maps: known answers, a second route, and what has no answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from narrowed import some
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

from core.explain.analysis.similarity import matrix, similarity
from core.types import Array, InputError


@pytest.fixture
def map_a() -> Array:
    return np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)


@pytest.fixture
def map_b() -> Array:
    return np.random.default_rng(1).normal(size=(40, 30)).astype(np.float32)


def test_a_map_is_like_itself_and_unlike_its_mirror_image(map_a: Array) -> None:
    same = similarity(map_a, map_a)
    assert (same.ssim, same.rank, same.top_k, same.degenerate) == pytest.approx((1, 1, 1, None))
    turned = similarity(map_a, -map_a)
    assert turned.rank == pytest.approx(-1)
    assert some(turned.ssim) < -0.5
    assert turned.top_k == 1  # the same pixels have the largest absolute values


def test_unrelated_maps_share_top_pixels_by_chance_only(map_a: Array, map_b: Array) -> None:
    found = similarity(map_a, map_b, k=0.1)
    assert abs(some(found.rank)) < 0.1
    assert abs(some(found.ssim)) < 0.1
    assert found.top_k == pytest.approx(0.1, abs=0.07)


def test_against_scipy_skimage_and_sets(map_a: Array, map_b: Array) -> None:
    b = map_a + 0.7 * map_b
    found = similarity(map_a, b, k=0.05)
    assert found.rank == pytest.approx(spearmanr(map_a.ravel(), b.ravel()).statistic)
    limit = max(np.percentile(np.abs(m.astype(float)), 99.5) for m in (map_a, b))
    drawn = [np.clip(m.astype(float) / limit, -1, 1) / 2 + 0.5 for m in (map_a, b)]
    assert found.ssim == pytest.approx(structural_similarity(*drawn, data_range=1.0))
    tops = [set(np.argsort(-np.abs(m).ravel())[:60]) for m in (map_a, b)]
    assert found.top_k == pytest.approx(len(tops[0] & tops[1]) / 60)


def test_ties_for_the_last_places_share_them() -> None:
    a, b = np.zeros((10, 10)), np.zeros((10, 10))
    a[0, :5], b[0, :5] = 1, 1
    assert similarity(a, b, k=0.05).top_k == 1
    b = np.roll(b, 1, 0)
    assert similarity(a, b, k=0.05).top_k == 0
    # of ten places five are a's own; the others are spread over 95 equal pixels, 90 of which tie in both maps
    assert similarity(a, b, k=0.1).top_k == pytest.approx(100 * (5 / 95) / 10)


def test_a_faded_map_is_told_on_a_common_scale_only(map_a: Array) -> None:
    assert some(similarity(map_a, map_a / 10).ssim) < 0.6
    own = similarity(map_a, map_a / 10, scale="own")
    assert own.ssim == pytest.approx(1)
    assert own.rank == pytest.approx(1)


def test_a_map_without_signs_is_compared_by_absolute_values(map_a: Array) -> None:
    assert similarity(map_a, np.abs(map_a)).rank == pytest.approx(1)
    assert similarity(np.abs(map_a), -np.abs(map_a)).rank == pytest.approx(1)


@pytest.mark.parametrize(
    ("a", "b", "ssim", "words"),
    [
        (np.zeros((9, 9)), np.zeros((9, 9)), None, "both maps are constant"),
        (np.ones((9, 9)), np.ones((9, 9)), 1.0, "both maps are constant"),
        (np.eye(9), np.zeros((9, 9)), "any", "the second map is constant"),
        (np.full((9, 9), -3.0), np.eye(9), "any", "the first map is constant"),
        (np.arange(4.0).reshape(2, 2), np.arange(4.0).reshape(2, 2), None, "too small for SSIM"),
    ],
)
def test_what_means_nothing_is_none_and_says_why(a: Array, b: Array, ssim: object, words: str) -> None:
    found = similarity(a, b)
    assert words in str(found.degenerate)
    assert ssim == "any" or found.ssim == (None if ssim is None else pytest.approx(ssim))
    assert all(v is None or np.isfinite(v) for v in (found.ssim, found.rank, found.top_k))


@pytest.mark.parametrize("shape", [(3, 3), (5, 48), (512, 512)])
def test_any_size(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).normal(size=shape)
    assert similarity(values, values).ssim == pytest.approx(1)


def test_the_matrix_has_every_pair_both_ways(map_a: Array, map_b: Array) -> None:
    found = matrix({"a": map_a, "b": map_b * 100, "zero": np.zeros_like(map_a)})
    assert len(found) == 9
    assert found["a", "b"] == found["b", "a"] == similarity(map_a, map_b * 100, scale="own")
    assert found["b", "b"].rank == pytest.approx(1)
    assert found["zero", "a"].rank is None
    assert matrix({}) == {}


@pytest.mark.parametrize(
    ("a", "b", "more", "words"),
    [
        (np.zeros((9, 9)), np.zeros((9, 8)), {}, "have one shape"),
        (np.zeros((9, 9, 3)), np.zeros((9, 9)), {}, "the first map has to be"),
        (np.zeros((9, 9)), np.full((9, 9), np.nan), {}, "the second map has to be"),
        (np.eye(9), np.eye(9), {"k": 0}, "the share of top pixels lies in"),
        (np.eye(9), np.eye(9), {"scale": "both"}, "together or own"),
    ],
)
def test_refusals(a: Array, b: Array, more: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        similarity(a, b, **more)
