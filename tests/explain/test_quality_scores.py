"""Figures that follow the score: deletion, insertion and the adversarial drop, on a linear model in closed form."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from made_maps import made, sigmoid, weights

from core.detectors import Detector
from core.explain.context import baseline
from core.explain.quality import adversarial_topk, deletion_insertion
from core.explain.quality.subject import Subject
from core.types import FAKE, REAL, Array

# Deletion and insertion


@pytest.fixture
def contributions(linear_detector: Detector, small_picture: Array) -> Array:
    """What each pixel adds to the linear detector's margin over the mean colour (H, W)."""
    x = small_picture / 255.0
    return (weights(linear_detector) * (x - x.mean((0, 1)))).sum(2)


def test_deletion_and_insertion_of_a_linear_model_in_closed_form(
    linear_detector: Detector, small_picture: Array, contributions: Array
) -> None:
    subject = Subject(linear_detector, small_picture, [made(small_picture, contributions)], 0)
    base = baseline("mean colour", subject.x)
    first = subject.superpixel_order(contributions, np.random.default_rng(0))
    areas = deletion_insertion.areas(subject, first, base, FAKE)
    by_segment = np.array([contributions[subject.segments == s].sum() for s in first])
    sizes = np.array([(subject.segments == s).sum() for s in first])
    ends = np.unique(np.round(np.linspace(0, len(first), deletion_insertion.STEPS + 1)).astype(int))
    share = np.r_[0, sizes.cumsum()][ends] / sizes.sum()
    taken = np.r_[0, by_segment.cumsum()][ends]
    at_base = float(subject.output(base, "margin")[0])
    down = np.trapezoid(sigmoid(at_base + contributions.sum() - taken), share)
    up = np.trapezoid(sigmoid(at_base + taken), share)
    assert areas == pytest.approx([down, up], abs=1e-5)


def test_the_best_order_deletes_sooner_and_inserts_sooner_than_any_other(
    linear_detector: Detector, small_picture: Array, contributions: Array
) -> None:
    rng = np.random.default_rng(0)
    linear_detector.model.get_parameter("linear.weight").data *= 3
    subject = Subject(linear_detector, small_picture, [made(small_picture, contributions)], 0)
    base = baseline("mean colour", subject.x)
    places = subject.segments
    sums = np.bincount(places.ravel(), contributions.ravel())[places]  # superpixels of unequal size: by their sums
    best = deletion_insertion.areas(subject, subject.superpixel_order(sums, rng), base, FAKE)
    worst = deletion_insertion.areas(subject, subject.superpixel_order(-sums, rng), base, FAKE)
    for _ in range(20):
        some = deletion_insertion.areas(subject, rng.permutation(int(places.max()) + 1), base, FAKE)
        assert best[0] < some[0] < worst[0]
        assert best[1] > some[1] > worst[1]


def test_the_margins_order_is_turned_where_the_detector_says_real(
    linear_detector: Detector, small_picture: Array, contributions: Array
) -> None:
    rows = {}
    for sign in (1.0, -1.0):
        for target in ("margin", "fake"):
            found = made(small_picture, contributions * sign, target=target)
            subject = Subject(linear_detector, small_picture, [found], 0)
            rows[sign, target] = subject.ranked[0]
    called = Subject(linear_detector, small_picture, [], 0).predicted
    assert rows[1.0, "margin"].label == called
    assert np.array_equal(rows[1.0, "margin"].values > 0, (contributions > 0) == (called == FAKE))
    assert rows[1.0, "fake"].label == FAKE
    assert np.array_equal(rows[-1.0, "fake"].values, rows[1.0, "fake"].values * -1)
    unsigned = made(small_picture, np.abs(contributions), signed=False, target="margin")
    assert Subject(linear_detector, small_picture, [unsigned], 0).ranked[0].values.min() >= 0
    real = made(small_picture, contributions, target="real")
    assert Subject(linear_detector, small_picture, [real], 0).ranked[0].label == REAL


def test_curves_know_a_good_map_from_a_bad_one(
    linear_detector: Detector, small_picture: Array, contributions: Array
) -> None:
    linear_detector.model.get_parameter("linear.weight").data *= 3
    sign = 1 if Subject(linear_detector, small_picture, [], 0).predicted == FAKE else -1
    good, bad = (made(small_picture, s * sign * contributions, target="fake" if sign > 0 else "real") for s in (1, -1))
    subject = Subject(linear_detector, small_picture, [good, bad], 0)
    (out, into), (bad_out, bad_into) = deletion_insertion.measure(subject)
    assert out.value < bad_out.value
    assert into.value > bad_into.value
    assert "random orders give" in out.meaning
    assert "baseline is" in into.meaning


def test_the_baseline_is_the_one_for_which_the_score_falls_more(linear_detector: Detector, crop: Array) -> None:
    image = cv2.resize(crop, (12, 12), interpolation=cv2.INTER_AREA)
    for target, label in (("fake", FAKE), ("real", REAL)):
        subject = Subject(linear_detector, image, [made(image, np.eye(12), target=target)], 0)
        scores = {name: subject.scores(baseline(name, subject.x), label)[0] for name in deletion_insertion.BASELINES}
        name, base = deletion_insertion._base(subject, label)
        assert scores[name] == min(scores.values()) < max(scores.values())
        assert torch.equal(base, baseline(name, subject.x))


def test_ties_are_broken_by_chance_and_not_by_place(linear_detector: Detector, small_picture: Array) -> None:
    subject = Subject(linear_detector, small_picture, [], 0)
    orders = [subject.superpixel_order(np.zeros((12, 12)), np.random.default_rng(seed)) for seed in range(3)]
    count = int(subject.segments.max()) + 1
    assert all(sorted(order) == list(range(count)) for order in orders)
    assert not np.array_equal(orders[0], np.arange(count))
    assert not np.array_equal(orders[0], orders[1])


def test_the_calibrated_score_is_followed(linear_detector: Detector, small_picture: Array) -> None:
    subject = Subject(linear_detector, small_picture, [], 0)
    logits = subject.logits(subject.x)
    expected = linear_detector.verdict(small_picture).p_fake
    assert subject.score(logits, FAKE)[0] == pytest.approx(expected, abs=1e-6)
    assert subject.score(logits, REAL)[0] == pytest.approx(1 - expected, abs=1e-6)


# The adversarial drop


def test_the_attack_stays_in_its_superpixels_and_its_budget_and_finds_the_linear_optimum(
    linear_detector: Detector, small_picture: Array
) -> None:
    subject = Subject(linear_detector, small_picture, [], 0)
    mask = torch.zeros(2, 1, 12, 12, dtype=torch.bool)
    mask[0, 0, :4], mask[1, 0, :, 6:] = True, True
    found = adversarial_topk.attack_superpixels(subject, mask, [FAKE, REAL])
    relative_change = (found - subject.x).permute(0, 2, 3, 1).numpy()
    assert not relative_change[~mask[:, 0].numpy()].any()
    x, slope = small_picture / 255.0, weights(linear_detector)
    for one, sign, inside in zip(relative_change, (-1, 1), mask[:, 0].numpy(), strict=True):
        optimum = np.clip(x + sign * np.sign(slope) * adversarial_topk.EPS, 0, 1) - x
        assert one[inside] == pytest.approx(optimum[inside], abs=1e-6)


def test_the_drop_is_larger_where_the_weights_are(linear_detector: Detector, small_picture: Array) -> None:
    rows = linear_detector.model.get_parameter("linear.weight").data.view(2, 3, 12, 12)
    rows[..., 6:] = 0  # only the left half counts
    rows *= 4
    left, right = np.zeros((12, 12)), np.zeros((12, 12))
    left[:, :6], right[:, 6:] = 1, 1
    target = "fake" if Subject(linear_detector, small_picture, [], 0).predicted == FAKE else "real"
    maps = [made(small_picture, values, target=target) for values in (left, right)]
    (good,), (bad,) = adversarial_topk.measure(Subject(linear_detector, small_picture, maps, 0))
    assert good.value > 0.02
    assert bad.value < good.value / 2
    assert "random superpixels give" in good.meaning


def test_the_first_superpixels_are_those_with_the_largest_mean(linear_detector: Detector, small_picture: Array) -> None:
    subject = Subject(linear_detector, small_picture, [], 0)
    values = np.random.default_rng(2).normal(size=(12, 12))
    means = [values[subject.segments == s].mean() for s in range(int(subject.segments.max()) + 1)]
    first = subject.superpixel_order(values, np.random.default_rng(0))
    assert np.array_equal(first, np.argsort(means)[::-1])


def test_a_saturated_score_says_so(linear_detector: Detector, small_picture: Array) -> None:
    linear_detector.model.get_parameter("linear.weight").data *= 1000
    target = "fake" if Subject(linear_detector, small_picture, [], 0).predicted == FAKE else "real"
    found = made(small_picture, np.random.default_rng(0).normal(size=(12, 12)), target=target)
    (row,) = adversarial_topk.measure(Subject(linear_detector, small_picture, [found], 0))
    assert "saturated" in str(row[0].degenerate)
