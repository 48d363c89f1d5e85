"""Quality metrics: known answers on a linear model, second routes, and metrics that mean nothing saying so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from checkpoints import narrowed
from explain_cases import DISTINCT
from known_models import CARD
from made_maps import by_name, made, weights
from recorded_progress import RecordedProgress
from scipy.stats import spearmanr
from torch import nn

from core.detectors import Detector, load
from core.detectors.architectures.layers import BinaryToTwoLogits
from core.detectors.checkpoints.formats import FORMATS
from core.detectors.detector import prepare
from core.explain import EXPLAINERS, run
from core.explain.base import MapFacts
from core.explain.context import RawAttribution
from core.explain.quality import (
    completeness,
    deletion_insertion,
    evaluate_attributions,
    max_sensitivity,
    random_baseline,
    randomisation,
)
from core.explain.quality.subject import Subject
from core.media.images import to_tensor
from core.types import Array, Attribution, InputError, QualityMetric

NAMES = (
    "sanity check",
    "sanity check, upper half",
    "deletion AUC",
    "insertion AUC",
    "adversarial top-3 drop",
    "max-sensitivity",
    "run time",
)


class OneOutput(nn.Module):
    """A detector with one logit: the output "real" is 0 for every image."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.linear = nn.Linear(4, 1)
        self.two = BinaryToTwoLogits()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.two(self.linear(self.body(x)))


@pytest.fixture
def one_output() -> Detector:
    torch.manual_seed(0)
    return prepare("one", OneOutput(), CARD)


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Registers an explainer for one test."""

    def add(name: str, function: Callable[..., torch.Tensor]) -> None:
        entry = replace(
            EXPLAINERS["saliency"],
            name=name,
            params=(),
            facts=MapFacts(passes=1),
            function=lambda context: RawAttribution(function(context), lambda: ()),
        )
        monkeypatch.setitem(EXPLAINERS._entries, name, entry)

    return add


# The strip as a whole


@pytest.mark.parametrize("target", ["fake", "real", "margin"])
def test_every_map_of_a_linear_model_gets_the_same_figures(
    target: str, linear_detector: Detector, small_picture: Array
) -> None:
    maps = [run(name, linear_detector, small_picture, target=target) for name in ("saliency", "input-x-gradient")]  # type: ignore[arg-type]
    for row in evaluate_attributions(linear_detector, small_picture, maps):
        assert tuple(figure.name for figure in row)[1:] == NAMES
        assert all(np.isfinite(figure.value) and figure.meaning for figure in row)
        assert by_name(row)["sanity check"].value < 0.4


@pytest.mark.slow
def test_every_map_gets_the_same_finite_figures(random_detector: Detector, crop: Array) -> None:
    small = cv2.resize(crop, (48, 48), interpolation=cv2.INTER_AREA)
    maps = [run(name, random_detector, small) for name in ("saliency", "lrp")]
    before = [p.clone() for p in random_detector.model.parameters()]
    progress = RecordedProgress()
    rows = evaluate_attributions(random_detector, small, maps, progress=progress)
    for row in rows:
        assert tuple(figure.name for figure in row)[1:] == NAMES
        assert all(np.isfinite(figure.value) and figure.meaning for figure in row)
        assert all(figure.better in ("lower", "higher", "near one") for figure in row)
    assert rows[0][0].degenerate  # Saliency has no signs: it promises nothing of its sum
    assert rows[1][0].name == "conserved with biases"
    progress.check_monotone()
    assert progress.steps[-1][0] == progress.steps[-1][1]
    assert all(torch.equal(a, b) for a, b in zip(before, random_detector.model.parameters(), strict=True))
    assert not any(m._forward_pre_hooks for m in random_detector.model.modules())


def test_a_map_gets_the_same_figures_alone_and_among_others_and_again(one_output: Detector, crop: Array) -> None:
    small = cv2.resize(crop, (48, 48), interpolation=cv2.INTER_AREA)
    maps = [run(name, one_output, small) for name in ("input-x-gradient", "lrp")]
    both = evaluate_attributions(one_output, small, maps, seed=3)
    alone = evaluate_attributions(one_output, small, maps[1:], seed=3)
    for together, single in zip(both[1], alone[0], strict=True):
        assert together.name == single.name
        assert together.value == pytest.approx(single.value, abs=1e-5)
    again = evaluate_attributions(one_output, small, maps, seed=3)
    assert [figure.value for row in again for figure in row] == [figure.value for row in both for figure in row]


def test_no_maps_no_figures(linear_detector: Detector, small_picture: Array) -> None:
    assert evaluate_attributions(linear_detector, small_picture, []) == []


def test_maps_of_another_crop_are_refused(linear_detector: Detector, small_picture: Array) -> None:
    other = run("saliency", linear_detector, 255 - small_picture)
    with pytest.raises(InputError, match="have to be of this crop; those of another one are saliency"):
        evaluate_attributions(linear_detector, small_picture, [other])


@pytest.mark.parametrize("after", [0, 3, 20])
def test_a_stop_keeps_the_figures_that_all_maps_have(
    after: int, linear_detector: Detector, small_picture: Array
) -> None:
    maps = [run(name, linear_detector, small_picture) for name in ("saliency", "input-x-gradient")]
    whole = evaluate_attributions(linear_detector, small_picture, maps)
    progress = RecordedProgress(lambda at: at.asked > after)
    rows = evaluate_attributions(linear_detector, small_picture, maps, progress=progress)
    assert len({len(row) for row in rows}) == 1
    assert len(rows[0]) < len(whole[0])
    kept = {figure.name: figure.value for figure in rows[1]}
    full = by_name(whole[1])
    assert all(full[name].value == value for name, value in kept.items())
    assert "run time" in kept


@pytest.mark.parametrize("values", [np.zeros((12, 12)), np.full((12, 12), 3.0)])
def test_a_constant_map_says_so_everywhere(values: Array, linear_detector: Detector, small_picture: Array) -> None:
    (row,) = evaluate_attributions(linear_detector, small_picture, [made(small_picture, values)])
    figures = by_name(row)
    for name in NAMES[:-2]:
        assert "zero everywhere" in str(figures[name].degenerate) or "one value everywhere" in str(
            figures[name].degenerate
        )
    assert bool(figures["max-sensitivity"].degenerate) == (not values.any())
    assert all(np.isfinite(figure.value) for figure in row)


def test_a_network_of_zeros_has_nothing_to_measure(linear_detector: Detector, small_picture: Array) -> None:
    linear_detector.model.get_parameter("linear.weight").data.zero_()
    values = np.random.default_rng(0).normal(size=(12, 12))
    (row,) = evaluate_attributions(linear_detector, small_picture, [made(small_picture, values)])
    figures = by_name(row)
    assert "no layer whose weights" in str(figures["sanity check"].degenerate)
    assert "nothing to take away" in str(figures["deletion AUC"].degenerate)
    assert "does not fall" in str(figures["adversarial top-3 drop"].degenerate)
    assert "the same for this face and for black" in str(figures["completeness error"].degenerate)


def test_a_detector_with_one_logit(one_output: Detector, crop: Array) -> None:
    maps = [run("input-x-gradient", one_output, crop, target=target) for target in ("fake", "real", "margin")]
    fake, real, margin = (by_name(row) for row in evaluate_attributions(one_output, crop, maps))
    assert not maps[1].map.any()
    assert "zero everywhere" in str(real["deletion AUC"].degenerate)
    assert fake["sanity check"].value == pytest.approx(margin["sanity check"].value)
    assert all(np.isfinite(f.value) for row in (fake, real, margin) for f in row.values())


@pytest.mark.slow
def test_small_and_large_crops(shipped: Detector, random_detector: Detector, portrait: Array) -> None:
    for side, detector in ((48, shipped), (400, random_detector)):
        face = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
        (row,) = evaluate_attributions(detector, face, [run("input-x-gradient", detector, face)])
        assert tuple(figure.name for figure in row)[1:] == NAMES
        assert all(np.isfinite(figure.value) for figure in row)


@pytest.mark.slow
def test_maps_of_a_trained_network_pass_and_the_picture_itself_fails(
    crop: Array, register: Callable[..., None]
) -> None:
    shipped = load("resnet-blend")
    register("edges", lambda context: context.x)  # shows the image, whatever the network
    maps = [run(name, shipped, crop) for name in ("saliency", "input-x-gradient", "edges")]
    saliency, product, edges = (by_name(row) for row in evaluate_attributions(shipped, crop, maps))
    assert edges["sanity check"].value == pytest.approx(1)
    assert saliency["sanity check"].value < 0.5
    assert product["sanity check"].value < 0.7
    assert edges["max-sensitivity"].value < saliency["max-sensitivity"].value


# The promise


def test_a_promise_that_the_method_measured_is_taken(linear_detector: Detector, small_picture: Array) -> None:
    kept = QualityMetric("completeness error", 0.25, "lower", "As measured.")
    found = replace(made(small_picture, np.eye(12)), quality=(QualityMetric("spread", 1, "lower", "s"), kept))
    assert evaluate_attributions(linear_detector, small_picture, [found])[0][0] is kept


def test_a_missing_promise_is_computed_against_black(linear_detector: Detector, small_picture: Array) -> None:
    product = (weights(linear_detector) * small_picture / 255).sum(2)
    whole = made(small_picture, product, target="margin")
    half = made(small_picture, product / 2, target="margin")
    rows = completeness.measure(Subject(linear_detector, small_picture, [whole, half], 0))
    assert rows[0][0].value == pytest.approx(0, abs=1e-4)
    assert rows[1][0].value == pytest.approx(0.5, abs=1e-4)
    assert not rows[1][0].degenerate


# The sanity check


def test_the_cascade_draws_layers_from_the_top_and_leaves_the_detector_alone(
    random_detector: Detector, crop: Array
) -> None:
    x = to_tensor(crop)
    before = {name: p.clone() for name, p in random_detector.model.named_parameters()}
    half, some = randomisation.randomised(random_detector, x, top=0.5, seed=0)
    whole, every = randomisation.randomised(random_detector, x, top=1.0, seed=0)
    assert all(torch.equal(p, before[name]) for name, p in random_detector.model.named_parameters())
    changed = {n.rsplit(".", 1)[0] for n, p in half.model.named_parameters() if not torch.equal(p, before[n])}
    assert len(changed) == some == np.ceil(every / 2)
    assert "classifier" in changed
    assert "trunk.0" not in changed
    assert all(not torch.equal(p, before[n]) for n, p in whole.model.named_parameters() if p.any())
    for name, p in whole.model.named_parameters():
        if p.numel() > 500:  # the size of the weights is kept
            assert float(p.square().mean()) == pytest.approx(float(before[name].square().mean()), rel=0.3)
    assert not any(m._forward_pre_hooks for m in whole.model.modules())


def test_sanity_is_the_rank_correlation_with_the_randomised_networks_map(
    random_detector: Detector, crop: Array
) -> None:
    found = run("input-x-gradient", random_detector, crop)
    subject = Subject(random_detector, crop, [found], seed=5)
    whole, upper = randomisation.measure(subject)[0]
    other = run("input-x-gradient", randomisation.randomised(random_detector, subject.x, top=1.0, seed=5)[0], crop)
    theirs = spearmanr(np.abs(found.map), np.abs(other.map), axis=None).statistic
    assert whole.value == pytest.approx(theirs)
    assert upper.value != whole.value


def test_a_random_network_whose_map_overflows_leaves_nothing_to_compare(
    linear_detector: Detector, small_picture: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflowing(self: Subject, found: Attribution, detector: Detector, crop: Array) -> Array:
        return replace(found, map=np.full_like(found.map, np.inf)).map

    monkeypatch.setattr(Subject, "recompute", overflowing)
    maps = [run("saliency", linear_detector, small_picture)]
    (row,) = randomisation.measure(Subject(linear_detector, small_picture, maps, 0))
    assert [one.degenerate for one in row] == [
        "The randomised network's map is not finite: there is nothing to compare with."
    ] * len(randomisation.STAGES)


def test_a_map_that_shows_the_picture_fails_the_sanity_check(
    linear_detector: Detector, small_picture: Array, register: Callable[..., None]
) -> None:
    register("edges", lambda context: context.x)
    maps = [run(name, linear_detector, small_picture) for name in ("edges", "saliency")]
    edges, saliency = (row[0] for row in randomisation.measure(Subject(linear_detector, small_picture, maps, 0)))
    assert edges.value == pytest.approx(1)
    assert abs(saliency.value) < 0.3


def test_a_costly_map_is_made_anew_once_a_figure(linear_detector: Detector, small_picture: Array) -> None:
    costly = run("smoothgrad", linear_detector, small_picture, {"samples": 60})
    for one in (costly, run("smoothgrad", linear_detector, small_picture)):
        subject = Subject(linear_detector, small_picture, [one], 0)
        progress = RecordedProgress()
        subject.steps = progress.counter(8)
        (row,) = randomisation.measure(subject)
        assert [figure.name for figure in row] == list(randomisation.STAGES)[:: 1 if one is not costly else 2]
        assert not row[0].degenerate
        assert len(max_sensitivity.measure(subject)) == 1
        assert progress.steps[-1] == (4, 8)


# Sensitivity to noise


def test_a_constant_gradient_does_not_move_and_a_product_moves_with_the_noise(
    linear_detector: Detector, small_picture: Array
) -> None:
    maps = [run(name, linear_detector, small_picture) for name in ("saliency", "input-x-gradient")]
    subject = Subject(linear_detector, small_picture, maps, seed=1)
    (still,), (moves,) = max_sensitivity.measure(subject)
    assert still.value == pytest.approx(0, abs=1e-6)
    x, slope = small_picture / 255.0, weights(linear_detector)
    lengths = [np.linalg.norm((slope * (one - x)).sum(2)) for one in max_sensitivity.noisy(subject)]
    assert moves.value == pytest.approx(max(lengths) / np.linalg.norm((slope * x).sum(2)), rel=1e-4)
    assert all(np.abs(one - x).max() <= max_sensitivity.RADIUS + 1e-6 for one in max_sensitivity.noisy(subject))


def test_a_sampled_map_is_made_anew_with_its_own_seed(linear_detector: Detector, small_picture: Array) -> None:
    found = run("shap", linear_detector, small_picture, {"samples": 6}, seed=7)
    subject = Subject(linear_detector, small_picture, [found], seed=7)
    assert np.array_equal(subject.recompute(found, linear_detector, small_picture), found.map)
    (row,) = max_sensitivity.measure(subject)
    moved = [run("shap", linear_detector, one, {"samples": 6}, seed=7).map for one in max_sensitivity.noisy(subject)]
    lengths = [np.linalg.norm(one - found.map) for one in moved]
    assert row[0].value == pytest.approx(max(lengths) / np.linalg.norm(found.map), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", DISTINCT)
def test_every_layout_can_be_randomised_from_the_top(name: str, crop: Array) -> None:
    torch.manual_seed(0)
    detector = prepare(name, narrowed(FORMATS[name].build(), 96), CARD)
    x = to_tensor(crop)
    with torch.inference_mode():
        before = detector.model(x)
    half, some = randomisation.randomised(detector, x, top=0.5, seed=0)
    whole, every = randomisation.randomised(detector, x, top=1.0, seed=0)
    assert 0 < some < every
    with torch.inference_mode():
        assert torch.equal(detector.model(x), before)
        assert all(bool(torch.isfinite(other.model(x)).all()) for other in (half, whole))
    assert np.ptp(run("saliency", whole, crop).map) > 0


# What chance gives


def test_chance_is_the_strip_of_maps_of_noise(linear_detector: Detector, small_picture: Array) -> None:
    found = random_baseline(linear_detector, small_picture, draws=3, seed=2)
    assert len(found) == 3
    assert {tuple(one.name for one in row) for row in found} == {NAMES[2:5]}
    assert len({row[0].value for row in found}) > 1
    assert [[one.value for one in row] for row in random_baseline(linear_detector, small_picture, draws=3, seed=2)] == [
        [one.value for one in row] for row in found
    ]
    noise = np.random.default_rng((2, 5)).normal(size=(3, 12, 12)).astype(np.float32)
    maps = [made(small_picture, values, target="margin") for values in noise]
    rows = deletion_insertion.measure(Subject(linear_detector, small_picture, maps, 2))
    assert [[one.value for one in row[:2]] for row in found] == [[one.value for one in row] for row in rows]
    assert random_baseline(linear_detector, small_picture, draws=0) == []
