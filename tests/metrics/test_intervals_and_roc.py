"""Figures against a second route, intervals against what they promise, and input that has no figure."""

from __future__ import annotations

import json

import numpy as np
import pytest
from narrowed import some
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score, roc_auc_score

from core.metrics.calibration_error import expected_calibration_error, reliability
from core.metrics.intervals import block_bootstrap, block_length, bootstrap, newcombe, wilson
from core.metrics.roc import auc, average_precision, equal_error_rate
from core.storage.calibration_values import calibration_values
from core.types import Array

EMPTY = np.zeros(0)


@pytest.fixture
def scores() -> tuple[Array, Array]:
    """Real and forged scores with ties."""
    rng = np.random.default_rng(0)
    return rng.normal(0, 1, 80).round(1), rng.normal(1, 1.5, 50).round(1)


def test_against_scikit_learn(scores: tuple[Array, Array]) -> None:
    real, fake = scores
    truth, both = np.r_[np.zeros(80), np.ones(50)], np.r_[real, fake]
    assert auc(real, fake) == pytest.approx(roc_auc_score(truth, both))
    assert average_precision(real, fake) == pytest.approx(average_precision_score(truth, both))


@pytest.mark.parametrize(
    ("real", "fake", "rate"),
    [
        ([0, 1], [2, 3], 0.0),
        ([2, 3], [0, 1], 1.0),
        ([1, 1, 1], [1, 1], 0.5),  # no threshold parts them: chance
        ([0, 1, 2, 5], [3, 4, 6, 7], 0.25),
        ([0, 2], [1, 3, 4, 5], 0.25),  # false alarms jump from 0 to 1/2 while 1/4 are missed
        ([0, 1], [1, 2], 0.25),  # a tie: on the slanted line from (0, 1/2) to (1/2, 0)
    ],
)
def test_equal_error_rate(real: list[float], fake: list[float], rate: float) -> None:
    assert equal_error_rate(np.asarray(real, float), np.asarray(fake, float)) == pytest.approx(rate)


def test_equal_error_rate_of_two_normals() -> None:
    rng = np.random.default_rng(1)
    assert equal_error_rate(rng.normal(0, 1, 40_000), rng.normal(2, 1, 40_000)) == pytest.approx(0.1587, abs=0.005)


@pytest.mark.parametrize("statistic", [auc, average_precision, equal_error_rate])
def test_one_class_has_no_figure(statistic: object) -> None:
    assert statistic(EMPTY, np.ones(3)) is None  # type: ignore[operator]
    assert statistic(np.ones(3), EMPTY) is None  # type: ignore[operator]


@pytest.mark.parametrize(("k", "n"), [(0, 5), (5, 5), (3, 40), (39, 40)])
def test_wilson_against_scipy(k: int, n: int) -> None:
    assert wilson(k, n) == pytest.approx(tuple(binomtest(k, n).proportion_ci(method="wilson")), abs=1e-9)
    assert wilson(k, n)[0] >= 0
    assert wilson(0, 0) == (0.0, 1.0)


def test_newcombe_against_the_paper() -> None:
    assert newcombe((56, 48), (70, 80)) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    low, high = newcombe((0, 0), (10, 10))
    assert low < 0 < high


def test_a_bootstrap_repeats_and_covers() -> None:
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(60):
        real, fake = rng.normal(0, 1, 60), rng.normal(1, 1, 60)
        low, high = bootstrap(auc, real, fake, n=200) or (1, 0)
        hits += low <= 0.7602 <= high  # the area for two normals one apart
    assert hits >= 52
    assert bootstrap(auc, real, fake, n=200) == bootstrap(auc, real, fake, n=200)


def test_frames_of_one_medium_are_drawn_together(scores: tuple[Array, Array]) -> None:
    """Every medium's frames are the same score 20 times: that is no more evidence than once."""
    real, fake = scores
    by_medium = bootstrap(auc, real, fake)
    together = bootstrap(auc, [np.full(20, v) for v in real], [np.full(20, v) for v in fake])
    apart = bootstrap(auc, np.repeat(real, 20), np.repeat(fake, 20))
    assert by_medium is not None
    assert together == pytest.approx(by_medium)
    assert np.ptp(some(apart)) < 0.5 * np.ptp(some(together))


def test_a_bootstrap_without_evidence_says_so() -> None:
    one, two = np.asarray([0.3]), np.asarray([1.0, 2.0])
    assert bootstrap(auc, one, two) is None
    assert bootstrap(auc, EMPTY, two, share=True) is None
    assert bootstrap(auc, two, two + 5) is None
    assert bootstrap(auc, two, two + 5, share=True) == wilson(2, 2)
    assert bootstrap(auc, [one, one], [two], share=True) == wilson(1, 1)


def neighbours(length: int, phi: float, rng: np.random.Generator) -> Array:
    """An AR(1) series about 0.5, in [0, 1]."""
    noise, out = rng.normal(0, np.sqrt(1 - phi**2), length), np.zeros(length)
    out[0] = rng.normal()
    for i in range(1, length):
        out[i] = phi * out[i - 1] + noise[i]
    return np.clip(0.5 + 0.08 * out, 0, 1)


@pytest.mark.parametrize(("length", "least"), [(16, 0.75), (100, 0.86)])
def test_blocks_know_that_neighbours_are_alike(length: int, least: float) -> None:
    rng = np.random.default_rng(3)
    series = [neighbours(length, 0.6, rng) for _ in range(150)]

    def cover(block: int | None) -> float:
        found = [block_bootstrap(values, block=block, n=300) for values in series]
        return float(np.mean([low <= 0.5 <= high for low, high in found]))

    assert cover(None) >= least
    assert cover(1) <= cover(None) - 0.08


def test_blocks_grow_with_the_likeness() -> None:
    rng = np.random.default_rng(4)
    lengths = [np.mean([block_length(neighbours(300, phi, rng)) for _ in range(10)]) for phi in (0.0, 0.7, 0.95)]
    assert lengths[0] < lengths[1] < lengths[2]
    assert block_length(np.ones(1)) == 1
    assert block_length(np.ones(64)) == 4


@pytest.mark.parametrize(
    ("values", "wanted"),
    [([], (0.0, 1.0)), ([1.0], wilson(1, 1)), ([1.0] * 27, wilson(9, 9)), ([0.25] * 27, wilson(9 / 4, 9))],
)
def test_frames_that_do_not_vary(values: list[float], wanted: tuple[float, float]) -> None:
    assert block_bootstrap(np.asarray(values)) == pytest.approx(wanted)


def test_frames_that_vary_less_than_a_frame_does() -> None:
    """The mean of four alike frames is known as well as four values of that spread give it, at any level."""
    assert block_bootstrap(np.full(4, 0.5), min_std=0.05) == pytest.approx((0.5 - 0.0796, 0.5 + 0.0796), abs=1e-4)
    wide, wider = (block_bootstrap(np.full(4, 0.9), min_std=0.05, level=level) for level in (0.95, 0.975))
    assert wider[0] < wide[0] < 0.9 < wide[1] < wider[1] <= 1
    noisy = np.asarray([0.1, 0.9, 0.2, 0.95])
    assert block_bootstrap(noisy, min_std=0.05) == block_bootstrap(noisy)
    assert block_bootstrap(np.asarray([0.9]), min_std=0.05) == pytest.approx(wilson(0.9, 1))


@pytest.mark.parametrize("value", [np.nan, -0.1, 1.1, np.inf])
def test_frames_lie_between_0_and_1(value: float) -> None:
    with pytest.raises(ValueError, match=r"have to lie in \[0, 1\]"):
        block_bootstrap(np.asarray([0.5, value]))


def test_calibration_error() -> None:
    rng = np.random.default_rng(5)
    p = rng.random(20_000)
    y = (rng.random(20_000) < p).astype(float)
    assert expected_calibration_error(p, y) < 0.015
    assert expected_calibration_error(np.full(10, 0.9), np.arange(10) % 2) == pytest.approx(0.4)
    assert expected_calibration_error(np.asarray([0.2]), np.asarray([1.0])) == pytest.approx(0.8)
    few = np.repeat((0.2, 0.8), 50)  # ties: whatever the order of the rows
    order = rng.permutation(100)
    truth = np.r_[np.zeros(40), np.ones(60)]
    assert expected_calibration_error(few, truth) == pytest.approx(expected_calibration_error(few[order], truth[order]))


def test_reliability_is_whole_and_fits_into_json() -> None:
    rng = np.random.default_rng(6)
    p = rng.random(200)
    y = (rng.random(200) < p).astype(float)
    rows = reliability(p, y, 10)
    assert [row.n for row in rows] == [20] * 10
    assert sum(row.share_fake * row.n for row in rows) == pytest.approx(y.sum())
    assert sum(row.n / 200 * abs(row.mean_p - row.share_fake) for row in rows) == pytest.approx(
        expected_calibration_error(p, y, 10)
    )
    assert all(row.interval[0] <= row.share_fake <= row.interval[1] for row in rows)
    json.dumps(calibration_values(rows), allow_nan=False)
    assert reliability(EMPTY, EMPTY) == ()
