"""Critical pixels: planted ones are found, figures agree with scipy, and the shift test is right about chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from narrowed import some
from recorded_progress import RecordedProgress, at_once
from scipy.ndimage import gaussian_filter
from scipy.stats import ttest_ind

from core.detectors import Detector
from core.explain import run
from core.explain.analysis.critical_pixels import SAME, compare_groups, critical_pixels, largest, shift_test
from core.types import Array, InputError, StopRequested


@pytest.fixture
def attacked(small_picture: Array) -> Array:
    """The small image, changed in one corner."""
    out = small_picture.copy()
    out[:4, :4] = 255 - out[:4, :4]
    return out


def test_the_corner_that_was_attacked_is_critical_for_detection(
    linear_detector: Detector, small_picture: Array, attacked: Array
) -> None:
    found = critical_pixels(linear_detector, small_picture, attacked, share=8 / 144, samples=400)
    assert found.detection.mask.sum() == 8
    assert found.detection.mask[:4, :4].sum() >= 7
    assert some(found.detection.test).p < 0.01
    assert some(found.detection.test).p_shift < 0.05
    assert some(found.detection.test).d > 1
    for one in (found.generation, found.detection):
        assert one.degenerate is None
        assert one.critical.sum() == pytest.approx(1)
        assert one.other.sum() == pytest.approx(1)
        assert some(one.test).critical.count == one.mask.sum()


def test_maps_masks_and_top_are_those_of_two_estimates(
    linear_detector: Detector, small_picture: Array, attacked: Array
) -> None:
    progress = RecordedProgress()
    found = critical_pixels(
        linear_detector,
        small_picture,
        attacked,
        samples=10,
        target="fake",
        seed=4,
        share=0.1,
        progress=progress,
    )
    maps = {
        (name, seed): run("shap", linear_detector, crop, {"samples": 10}, target="fake", seed=seed).map
        for name, crop in (("clean", small_picture), ("attacked", attacked))
        for seed in (4, 5)
    }
    assert np.array_equal(found.clean.map, maps["clean", 4])
    assert np.array_equal(found.generation.values, maps["attacked", 4])
    assert np.array_equal(found.generation.tested, maps["attacked", 5])
    assert np.array_equal(found.detection.values, maps["attacked", 4] - maps["clean", 4])
    assert np.array_equal(found.detection.tested, maps["attacked", 5] - maps["clean", 5])
    for one in (found.generation, found.detection):
        row, column, value = one.top[0]
        assert abs(value) == np.abs(one.values).max() == abs(one.values[row, column])
        sizes = [abs(v) for _, _, v in one.top]
        assert sizes == sorted(sizes, reverse=True)
        assert all(one.mask[r, c] for r, c, _ in one.top)
    both = (found.generation.mask & found.detection.mask).sum() / found.generation.mask.sum()
    assert found.overlap == pytest.approx(both)
    assert progress.steps == [(i, 6) for i in range(1, 7)]
    assert "not" in found.warning


def test_effects_are_scores_of_pictures_put_together(
    linear_detector: Detector, small_picture: Array, attacked: Array
) -> None:
    found = critical_pixels(linear_detector, small_picture, attacked, samples=10)
    for one in (found.generation, found.detection):
        only = np.where(one.mask[..., None], attacked, small_picture)
        without = np.where(one.mask[..., None], small_picture, attacked)
        scores = [linear_detector.verdict(crop).p_fake for crop in (small_picture, attacked, only, without)]
        effect = one.effect
        assert [effect.clean, effect.attacked, effect.only, effect.without] == pytest.approx(scores, abs=1e-6)
        assert 0 <= effect.chance_only <= 1
        assert 0 <= effect.chance_without <= 1


def test_the_t_test_against_scipy_and_by_hand() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 40))
    mask = largest(rng.normal(size=(30, 40)), 0.1)
    values[mask] *= 2
    found = compare_groups(values, mask)
    inside, outside = np.abs(values)[mask], np.abs(values)[~mask]
    theirs = ttest_ind(inside, outside, equal_var=False)
    assert (found.t, found.df, found.p) == pytest.approx((theirs.statistic, theirs.df, theirs.pvalue))
    error = np.sqrt(inside.var(ddof=1) / len(inside) + outside.var(ddof=1) / len(outside))
    assert found.t == pytest.approx((inside.mean() - outside.mean()) / error)
    pooled = np.sqrt((len(inside) - 1) * inside.var(ddof=1) + (len(outside) - 1) * outside.var(ddof=1))
    assert found.d == pytest.approx((inside.mean() - outside.mean()) / (pooled / np.sqrt(values.size - 2)))
    assert (found.critical.mean, found.critical.sd) == pytest.approx((inside.mean(), inside.std(ddof=1)))


def test_the_shift_test_against_every_shift_by_hand() -> None:
    rng = np.random.default_rng(1)
    values, mask = np.abs(rng.normal(size=(9, 7))), rng.random((9, 7)) < 0.2
    sums = [values[np.roll(mask, (i, j), (0, 1))].sum() for i in range(9) for j in range(7)]
    assert shift_test(values, mask) == pytest.approx(np.mean([s >= sums[0] - 1e-9 for s in sums]))
    assert shift_test(np.ones((9, 7)), mask) == 1
    assert shift_test(mask.astype(float), mask) == pytest.approx(1 / 63)


def test_for_unrelated_smooth_maps_the_shift_test_is_right_and_the_t_test_is_not() -> None:
    rng = np.random.default_rng(2)
    shifts, students = [], []
    for _ in range(200):
        chosen, tested = (gaussian_filter(rng.normal(size=(48, 48)), 3, mode="wrap") for _ in range(2))
        found = compare_groups(tested, largest(chosen, 0.05))
        shifts.append(found.p_shift)
        students.append(found.p)
    assert np.mean(np.array(shifts) < 0.05) == pytest.approx(0.05, abs=0.045)
    assert np.mean(shifts) == pytest.approx(0.5, abs=0.08)
    assert np.mean(np.array(students) < 0.05) > 0.5  # what the warning says


def test_largest_takes_no_zeros_and_no_more_than_its_share() -> None:
    values = np.zeros((10, 10))
    assert not largest(values, 0.05).any()
    values[3, 3:6] = [-9, 1, 2]
    assert np.argwhere(largest(values, 0.02)).tolist() == [[3, 3], [3, 5]]
    assert largest(values, 0.5).sum() == 3
    assert largest(np.ones((10, 10)), 0.25).sum() == 25


def test_an_attack_that_changed_nothing(linear_detector: Detector, small_picture: Array) -> None:
    found = critical_pixels(linear_detector, small_picture, small_picture, samples=8)
    assert "values are equal" in str(found.detection.degenerate)
    assert found.detection.test is None
    assert found.detection.top == ()
    assert not found.detection.mask.any()
    assert found.overlap is None
    assert found.detection.effect.clean == found.detection.effect.only == found.detection.effect.attacked
    assert found.generation.degenerate is None
    assert np.isfinite(found.detection.edges).all()


def test_a_network_of_zeros(linear_detector: Detector, small_picture: Array, attacked: Array) -> None:
    linear_detector.model.get_parameter("linear.weight").data.zero_()
    found = critical_pixels(linear_detector, small_picture, attacked, samples=8)
    assert "all SHAP values are 0" in str(found.generation.degenerate)
    assert found.generation.test is None


def test_equal_estimates_are_told(
    linear_detector: Detector, small_picture: Array, attacked: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "core.explain.analysis.critical_pixels"
    monkeypatch.setattr(f"{module}.METHOD", "input-x-gradient")
    monkeypatch.setattr(
        f"{module}.base.run",
        lambda name, detector, crop, settings, **more: run(name, detector, crop, **more),
    )
    found = critical_pixels(linear_detector, small_picture, attacked)
    assert found.generation.degenerate == SAME
    assert some(found.generation.test).p < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(("side", "target"), [(48, "fake"), (48, "real"), (512, "margin")])
def test_small_and_large_crops(side: int, target: str, random_detector: Detector, portrait: Array) -> None:
    import cv2

    clean = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(0).integers(-8, 9, clean.shape)
    changed = np.clip(clean.astype(int) + noise, 0, 255).astype(np.uint8)
    found = critical_pixels(random_detector, clean, changed, samples=6, target=target)  # type: ignore[arg-type]
    for one in (found.generation, found.detection):
        assert one.mask.sum() == pytest.approx(0.05 * side**2, abs=1)
        assert some(one.test).t > 5
        assert np.isfinite([some(one.test).df, some(one.test).p, some(one.test).d, some(one.test).p_shift]).all()


def test_a_stop_is_heard(linear_detector: Detector, small_picture: Array, attacked: Array) -> None:
    with pytest.raises(StopRequested):
        critical_pixels(linear_detector, small_picture, attacked, samples=8, progress=RecordedProgress(at_once))


@pytest.mark.parametrize(
    ("change", "more", "words"),
    [
        (lambda crop: crop[:-1], {}, "has to be of the clean face's size"),
        (lambda crop: crop / 255.0, {}, "the attacked face has to be"),
        (lambda crop: crop[..., 0], {}, "the attacked face has to be"),
        (lambda crop: crop, {"share": 0}, "lies in"),
        (lambda crop: crop, {"share": 0.6}, "lies in"),
        (lambda crop: crop, {"share": float("nan")}, "lies in"),
        (lambda crop: crop, {"samples": 1}, "samples has to lie between"),
        (lambda crop: crop, {"target": "both"}, "one of fake, real, margin"),
    ],
)
def test_refusals(
    change: object, more: dict[str, Any], words: str, linear_detector: Detector, small_picture: Array
) -> None:
    with pytest.raises(InputError, match=words):
        critical_pixels(linear_detector, small_picture, change(small_picture), **more)  # type: ignore[operator]
