"""Contract of every registered map, known answers on a linear model, and second routes."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from explain_cases import FEW, VARIANTS, hooks, variant
from known_models import CARD
from narrowed import numpy_state, passes
from recorded_progress import RecordedProgress, after_steps, at_once
from uncompiled import compiled, shap_modules

from core.bench.timing import Counted
from core.detectors import Detector
from core.detectors.architectures.meso import Meso4
from core.detectors.detector import prepare
from core.detectors.networks.outputs import LogitSelector
from core.explain import EXPLAINERS, is_signed, quick, run, run_all
from core.explain.base import completeness_error
from core.explain.context import AttributionContext
from core.explain.methods import shap_values
from core.explain.methods.lrp import penultimate_relevance, relevances
from core.explain.superpixels import superpixels
from core.media.images import to_tensor
from core.types import Array, InputError, Settings, StopRequested, Target, content_id

every = pytest.mark.parametrize(("name", "settings"), [variant(*one) for one in VARIANTS])


@every
def test_shape_finiteness_quality_and_nothing_left_behind(
    name: str, settings: Settings, random_detector: Detector, crop: Array
) -> None:
    left = hooks(random_detector)
    state = numpy_state(), torch.get_rng_state()
    before = random_detector.verdict(crop).logits
    found = run(name, random_detector, crop, settings)
    assert found.map.shape == crop.shape[:2]
    assert found.map.dtype == np.float32
    assert np.abs(found.map).max() > 0
    assert found.signed or found.map.min() >= 0
    assert found.signed == is_signed(name, settings)
    assert found.quality
    assert all(np.isfinite(h.value) and h.meaning and h.degenerate is None for h in found.quality)
    assert hooks(random_detector) == left
    assert not any(m.training for m in random_detector.model.modules())
    assert np.array_equal(before, random_detector.verdict(crop).logits)
    assert np.array_equal(state[0], numpy_state())
    assert torch.equal(state[1], torch.get_rng_state())


@pytest.mark.slow
@every
def test_the_same_settings_and_seed_give_the_same_map(
    name: str, settings: Settings, random_detector: Detector, crop: Array
) -> None:
    first, again = (run(name, random_detector, crop, settings, seed=4, quality=False) for _ in range(2))
    assert np.array_equal(first.map, again.map)
    assert first.quality == ()
    sampled = name in ("smoothgrad", "lime") or (name == "shap" and settings.get("explainer", "gradient") == "gradient")
    if sampled or settings.get("baseline") == "uniform":
        assert not np.array_equal(first.map, run(name, random_detector, crop, settings, seed=5, quality=False).map)


@pytest.mark.slow
@every
def test_what_a_map_sees_is_what_the_verdict_saw(
    name: str, settings: Settings, random_detector: Detector, crop: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit by bit, by its hash; maps that look around the image are brought to look at it itself."""
    if name == "smoothgrad":
        settings = {**settings, "sigma": 0.0}
    monkeypatch.setattr(shap_values, "draws", lambda samples, backgrounds, seed: ([0] * samples, [1.0] * samples))
    seen: list[set[str]] = [set()]

    def look(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        seen[-1] |= {content_id(one.detach().numpy()) for one in inputs[0]}

    handle = random_detector.model.get_submodule("resize").register_forward_pre_hook(look)
    random_detector.verdict(crop)
    seen.append(set())
    run(name, random_detector, crop, settings)
    handle.remove()
    (verdicts,) = seen[0]
    assert verdicts in seen[1]


@pytest.mark.parametrize("target", ["fake", "real", "margin"])
@every
def test_known_answer_on_a_linear_model(
    name: str, settings: Settings, target: Target, linear_detector: Detector, small_picture: Array
) -> None:
    row = rows(linear_detector)[target]
    x = small_picture.transpose(2, 0, 1) / 255.0
    if name in ("shap", "lime") and settings.get("explainer") != "deep":
        settings = {**settings, "samples": 400}
    found = run(name, linear_detector, small_picture, settings, target=target)
    if name == "lrp":  # the first layer's flat rule spreads the relevance evenly; the sum is the output
        assert found.map.sum() == pytest.approx((row * x).sum(), rel=1e-3)
        return
    context = AttributionContext(linear_detector, to_tensor(small_picture), target)
    if name == "grad-cam":  # the image itself are its last feature maps
        weighted = (row.mean((1, 2))[:, None, None] * x).sum(0)
        expected = weighted if settings.get("sign") == "signed" else weighted.clip(0)
    elif name == "occlusion":
        expected = occluded(row * x, 6, 3)
    elif name == "lime" or settings.get("explainer") in ("partition", "kernel"):
        parts = superpixels(context, int(settings["segments"]), "mean colour" if name == "lime" else "blurred")
        expected = averaged((row * (x - parts.replacement[0].numpy())).sum(0), parts.labels.numpy())
    elif name == "shap":  # w * (x - mean background); expected gradients draw it, DeepLIFT has it exactly
        expected = (row * (x - shap_values.background(context.x).mean(0).numpy())).sum(0)
    elif name == "integrated-gradients":
        expected = (row * (x - context.baseline(str(settings.get("baseline", "black")))[0].numpy())).sum(0)
    else:
        size = name in ("saliency", "smoothgrad") and settings.get("sign") != "signed"
        expected = (np.abs(row) if size else row * x if name == "input-x-gradient" else row).sum(0)
    if name == "lime" or (name == "shap" and "explainer" not in settings):
        assert np.corrcoef(found.map.ravel(), expected.ravel())[0, 1] > 0.98
    else:
        assert found.map == pytest.approx(expected, abs=1e-5)


def rows(detector: Detector) -> dict[str, Array]:
    weights = detector.model.get_parameter("linear.weight").detach().numpy()
    by_target = {"real": weights[0], "fake": weights[1], "margin": weights[1] - weights[0]}
    return {target: row.reshape(3, 12, 12) for target, row in by_target.items()}


def occluded(parts: Array, side: int, stride: int) -> Array:
    """What each patch of a linear model's parts (C, H, W) takes away, averaged over the patches at a pixel."""
    total, times = np.zeros(parts.shape[1:]), np.zeros(parts.shape[1:])
    for top in range(0, parts.shape[1] - side + 1, stride):
        for left in range(0, parts.shape[2] - side + 1, stride):
            window = np.s_[top : top + side, left : left + side]
            total[window] += parts[:, window[0], window[1]].sum()
            times[window] += 1
    return total / times


def averaged(values: Array, labels: Array) -> Array:
    sums, sizes = np.bincount(labels.ravel(), values.ravel()), np.bincount(labels.ravel())
    return (sums / sizes)[labels]


@every
def test_a_zero_map_for_a_zero_gradient_and_it_is_said(
    name: str, settings: Settings, linear_detector: Detector, small_picture: Array
) -> None:
    linear_detector.model.get_parameter("linear.weight").data.zero_()
    found = run(name, linear_detector, small_picture, settings)
    assert not found.map.any()
    assert all("zero everywhere" in str(figure.degenerate) for figure in found.quality)


def test_the_constant_logit_of_a_one_output_detector_is_said(crop: Array) -> None:
    torch.manual_seed(0)
    meso = prepare("meso", Meso4(), CARD)
    found = run("saliency", meso, crop, target="real")
    assert not found.map.any()
    assert "“not manipulated” is 0 for every image" in str(found.quality[0].degenerate)
    assert run("saliency", meso, crop, target="fake").quality[0].degenerate is None


@pytest.mark.slow
@every
def test_hooks_are_gone_and_modes_as_before_after_a_failure(
    name: str, settings: Settings, random_detector: Detector, crop: Array
) -> None:
    calls = 0

    def fail(*_: object) -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError("broken")

    random_detector.model.get_submodule("trunk").train()
    random_detector.model.get_parameter("classifier.weight").requires_grad_(True)
    handle = random_detector.model.get_submodule("classifier").register_forward_hook(fail)
    with pytest.raises(RuntimeError, match="broken"):
        run(name, random_detector, crop, settings)
    handle.remove()
    assert calls
    assert not any(hooks(random_detector))
    assert random_detector.model.get_submodule("trunk").training
    assert not random_detector.model.training
    assert random_detector.model.get_parameter("classifier.weight").requires_grad
    assert random_detector.verdict(crop).logits.shape == (2,)


def test_verdict_saliency_and_input_x_gradient_from_one_pass(random_detector: Detector, crop: Array) -> None:
    counted = replace(random_detector, model=Counted(random_detector.model))
    verdict, maps = run_all(["saliency", "input-x-gradient"], counted, crop, quality=False)
    assert passes(counted) == (1, 1)
    assert np.allclose(verdict.logits, random_detector.verdict(crop).logits, atol=1e-6)
    for found in maps:
        assert np.array_equal(found.map, run(found.method, random_detector, crop).map)


def test_guided_backprop_goes_back_through_the_pass_of_the_verdict(random_detector: Detector, crop: Array) -> None:
    counted = replace(random_detector, model=Counted(random_detector.model))
    names = ["guided-backprop", "saliency"]
    _, maps = run_all(names, counted, crop, quality=False)
    assert passes(counted) == (1, 2)
    for found in maps:
        assert np.array_equal(found.map, run(found.method, random_detector, crop, quality=False).map)
    context = AttributionContext(random_detector, to_tensor(crop), "margin")
    assert torch.equal(context.backward(), context.backward())  # one more than was said: the pass is done again


@pytest.mark.slow
def test_all_maps_together_are_those_made_alone(random_detector: Detector, crop: Array) -> None:
    progress = RecordedProgress()
    verdict, maps = run_all(list(EXPLAINERS), random_detector, crop, FEW, seed=3, target="fake", progress=progress)
    assert progress.steps == [(done, len(EXPLAINERS)) for done in range(1, len(EXPLAINERS) + 1)]
    assert [found.method for found in maps] == list(EXPLAINERS)
    assert verdict.detector == random_detector.name
    for found in maps:
        alone = run(found.method, random_detector, crop, FEW.get(found.method), seed=3, target="fake")
        assert np.array_equal(found.map, alone.map), found.method
        assert [h.value for h in found.quality] == [h.value for h in alone.quality]


def test_a_stop_keeps_the_maps_that_are_done(random_detector: Detector, crop: Array) -> None:
    names = ["saliency", "smoothgrad", "lime"]
    _, maps = run_all(names, random_detector, crop, progress=RecordedProgress(after_steps(1)))
    assert [found.method for found in maps] == ["saliency"]
    assert not any(hooks(random_detector))
    with pytest.raises(StopRequested):
        run("lime", random_detector, crop, progress=RecordedProgress(at_once))
    assert not any(hooks(random_detector))


def test_quality_is_no_part_of_the_map(random_detector: Detector, crop: Array) -> None:
    counted = replace(random_detector, model=Counted(random_detector.model))
    taken = {}
    for name in ("saliency", "input-x-gradient", "guided-backprop", "lrp"):
        before, _ = passes(counted)
        run(name, counted, crop, quality=False)
        taken[name] = passes(counted)[0] - before
    assert taken == dict.fromkeys(taken, 1)
    assert {name for name in EXPLAINERS if EXPLAINERS[name].facts.quick} == set(quick())
    assert all(EXPLAINERS[name].facts.passes <= 50 for name in quick())


def test_lrp_conserves_relevance_without_biases(random_detector: Detector, crop: Array) -> None:
    for module in random_detector.model.modules():
        if getattr(module, "bias", None) is not None:
            module.get_parameter("bias").data.zero_()
    found = run("lrp", random_detector, crop)
    assert found.quality[0].value == pytest.approx(1, abs=0.05)


def test_lrp_at_the_penultimate_layer_is_weight_times_activation(random_detector: Detector, crop: Array) -> None:
    scalar = LogitSelector(random_detector.model, "margin")
    _, relevance, out = relevances(scalar, to_tensor(crop))
    kept: list[torch.Tensor] = []
    handle = random_detector.model.get_submodule("classifier").register_forward_pre_hook(lambda _, i: kept.append(i[0]))
    scalar(to_tensor(crop))
    handle.remove()
    weight = random_detector.model.get_parameter("classifier.weight")
    expected = kept[0] * (weight[1] - weight[0])
    assert torch.allclose(relevance, expected, atol=2e-3 * float(expected.abs().max()))
    assert out == pytest.approx(float(scalar(to_tensor(crop))), abs=1e-5)
    assert torch.equal(penultimate_relevance(scalar, to_tensor(crop)), relevance)


def test_lrp_leaves_the_forward_pass_as_it_was(random_detector: Detector, crop: Array) -> None:
    before = LogitSelector(random_detector.model, "margin")(to_tensor(crop))
    _, _, out = relevances(LogitSelector(random_detector.model, "margin"), to_tensor(crop))
    assert out == pytest.approx(float(before), abs=1e-4)


@pytest.mark.slow
def test_the_partition_explainer_is_the_same_compiled(linear_detector: Detector, small_picture: Array) -> None:
    """Every other test runs it as Python."""
    settings = {"explainer": "partition", "samples": 24, "segments": 8}
    plain = run("shap", linear_detector, small_picture, settings)
    with compiled(*shap_modules()):
        again = run("shap", linear_detector, small_picture, settings)
        assert shap_modules()[0].lower_credit.signatures, "it was compiled"
    assert again.map == pytest.approx(plain.map, abs=1e-6)


@pytest.mark.slow
def test_input_x_gradient_and_integrated_gradients_against_captum(random_detector: Detector, crop: Array) -> None:
    x = to_tensor(crop)
    scalar = LogitSelector(random_detector.model, "fake")
    theirs = IntegratedGradients(scalar).attribute(x, torch.zeros_like(x), n_steps=16, method="gausslegendre")
    ours = run("integrated-gradients", random_detector, crop, {"steps": 16}, target="fake")
    assert ours.map == pytest.approx(theirs.sum(1)[0].numpy(), abs=1e-4)
    change = float(scalar(x) - scalar(torch.zeros_like(x)))
    assert ours.quality[0].value == pytest.approx(abs(float(ours.map.sum()) - change) / abs(change), abs=2e-3)


def test_completeness_error_is_zero_for_a_share_out() -> None:
    assert completeness_error(torch.tensor([1.0, 2.0]), 5.0, 2.0) == 0
    assert completeness_error(torch.tensor([1.0]), 5.0, 3.0) == pytest.approx(0.5)


@pytest.mark.slow
def test_maps_in_two_threads_do_not_disturb_each_other(random_detector: Detector, crop: Array) -> None:
    alone = run("saliency", random_detector, crop).map
    wrong: list[bool] = []
    stop = threading.Event()

    def guided() -> None:
        while not stop.is_set():
            run("guided-backprop", random_detector, crop)

    thread = threading.Thread(target=guided)
    thread.start()
    for _ in range(8):
        wrong.append(not np.allclose(run("saliency", random_detector, crop).map, alone, rtol=1e-4, atol=1e-6))
    stop.set()
    thread.join()
    assert not any(wrong)


@pytest.mark.parametrize(
    ("name", "settings", "target", "words"),
    [
        ("grad", {}, "fake", "there is no map 'grad'; known are: saliency"),
        ("saliency", {}, "both", "one of fake, real, margin"),
        ("shap", {"samples": 1}, "fake", "samples has to lie between 4 and 5000"),
        ("integrated-gradients", {"baseline": "white"}, "fake", "one of black, blurred, mean colour, uniform"),
    ],
)
def test_refusals(
    name: str, settings: dict[str, Any], target: str, words: str, random_detector: Detector, crop: Array
) -> None:
    with pytest.raises(InputError, match=words):
        run(name, random_detector, crop, settings, target=target)  # type: ignore[arg-type]


@pytest.mark.parametrize("caller", [torch.no_grad, torch.inference_mode])
def test_who_asks_for_a_map_may_be_without_gradients(
    caller: type, linear_detector: Detector, small_picture: Array
) -> None:
    plain = run("saliency", linear_detector, small_picture)
    with caller():
        assert np.array_equal(run("saliency", linear_detector, small_picture).map, plain.map)
        assert torch.is_grad_enabled() is False
