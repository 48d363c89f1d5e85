"""Contract of every registered map, known answers on a linear model, and second routes."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients

from core.detectors import Detector
from core.detectors.base import Scalar
from core.detectors.care import HOOK_TABLES
from core.explain import EXPLAINERS, run
from core.explain.base import completeness_error
from core.explain.relevance import relevances
from core.images import to_tensor
from core.types import Array, InputError

QUICK = {"integrated-gradients": {"steps": 8}, "shap": {"samples": 4}}


@pytest.mark.parametrize("name", EXPLAINERS)
def test_shape_finiteness_honesty_and_nothing_left_behind(name: str, random_detector: Detector, crop: Array) -> None:
    hooks = [dict(getattr(m, t)) for m in random_detector.model.modules() for t in HOOK_TABLES]
    state = np.random.get_state()[1].copy(), torch.get_rng_state()
    before = random_detector.verdict(crop).logits
    found = run(name, random_detector, crop, QUICK.get(name))
    assert found.map.shape == crop.shape[:2]
    assert found.map.dtype == np.float32
    assert np.abs(found.map).max() > 0
    assert found.signed or found.map.min() >= 0
    assert found.honesty
    assert all(np.isfinite(h.value) and h.meaning for h in found.honesty)
    assert [dict(getattr(m, t)) for m in random_detector.model.modules() for t in HOOK_TABLES] == hooks
    assert not any(m.training for m in random_detector.model.modules())
    assert np.array_equal(before, random_detector.verdict(crop).logits)
    assert np.array_equal(state[0], np.random.get_state()[1])
    assert torch.equal(state[1], torch.get_rng_state())


@pytest.mark.parametrize("name", EXPLAINERS)
def test_the_same_settings_and_seed_give_the_same_map(name: str, random_detector: Detector, crop: Array) -> None:
    first, again = (run(name, random_detector, crop, QUICK.get(name), seed=4) for _ in range(2))
    assert np.array_equal(first.map, again.map)


@pytest.mark.parametrize("target", ["fake", "real", "margin"])
@pytest.mark.parametrize("name", EXPLAINERS)
def test_known_answer_on_a_linear_model(
    name: str, target: str, linear_detector: Detector, small_picture: Array
) -> None:
    weights = linear_detector.model.linear.weight.detach().numpy()
    row = {"real": weights[0], "fake": weights[1], "margin": weights[1] - weights[0]}[target].reshape(3, 12, 12)
    x = small_picture.transpose(2, 0, 1) / 255.0
    found = run(name, linear_detector, small_picture, {"samples": 400} if name == "shap" else None, target=target)
    if name == "lrp":  # the first layer's flat rule spreads the relevance evenly; the sum is the output
        assert found.map.sum() == pytest.approx((row * x).sum(), rel=1e-3)
        return
    if name == "shap":  # expected gradients: w * (x - mean background); black, mean and two blurs
        from core.explain.shapley import background

        mean = background(to_tensor(small_picture)).mean(0).numpy()
        assert np.corrcoef(found.map.ravel(), (row * (x - mean)).sum(0).ravel())[0, 1] > 0.98
        return
    expected = {
        "saliency": np.abs(row), "guided-backprop": row, "input-x-gradient": row * x, "integrated-gradients": row * x,
    }[name].sum(0)  # fmt: skip
    assert found.map == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", EXPLAINERS)
def test_a_zero_map_for_a_zero_gradient(name: str, linear_detector: Detector, small_picture: Array) -> None:
    linear_detector.model.linear.weight.data.zero_()
    if name == "guided-backprop":
        pytest.skip("a rank correlation of constants is undefined")
    assert not run(name, linear_detector, small_picture, QUICK.get(name)).map.any()


@pytest.mark.parametrize("name", EXPLAINERS)
def test_hooks_are_gone_after_a_failure(name: str, random_detector: Detector, crop: Array) -> None:
    calls = 0

    def fail(*_: object) -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError("broken")

    handle = random_detector.model.classifier.register_forward_hook(fail)
    with pytest.raises(RuntimeError, match="broken"):
        run(name, random_detector, crop, QUICK.get(name))
    handle.remove()
    assert calls
    assert not any(getattr(m, t) for m in random_detector.model.modules() for t in HOOK_TABLES)
    assert not any(hasattr(m, "canonizer_sum") for m in random_detector.model.modules())
    assert random_detector.verdict(crop).logits.shape == (2,)


def test_lrp_conserves_relevance_without_biases(random_detector: Detector, crop: Array) -> None:
    for module in random_detector.model.modules():
        if getattr(module, "bias", None) is not None:
            module.bias.data.zero_()
    found = run("lrp", random_detector, crop)
    assert found.honesty[0].value == pytest.approx(1, abs=0.05)


def test_lrp_at_the_penultimate_layer_is_weight_times_activation(random_detector: Detector, crop: Array) -> None:
    scalar = Scalar(random_detector.model, "margin")
    _, relevance, out = relevances(scalar, to_tensor(crop))
    kept: list[torch.Tensor] = []
    handle = random_detector.model.classifier.register_forward_pre_hook(lambda _, i: kept.append(i[0]))
    scalar(to_tensor(crop))
    handle.remove()
    weight = random_detector.model.classifier.weight
    expected = kept[0] * (weight[1] - weight[0])
    assert torch.allclose(relevance, expected, atol=2e-3 * float(expected.abs().max()))
    assert out == pytest.approx(float(scalar(to_tensor(crop))), abs=1e-5)


def test_lrp_leaves_the_forward_pass_as_it_was(random_detector: Detector, crop: Array) -> None:
    before = Scalar(random_detector.model, "margin")(to_tensor(crop))
    _, _, out = relevances(Scalar(random_detector.model, "margin"), to_tensor(crop))
    assert out == pytest.approx(float(before), abs=1e-4)


def test_input_x_gradient_and_integrated_gradients_against_captum(random_detector: Detector, crop: Array) -> None:
    x = to_tensor(crop)
    scalar = Scalar(random_detector.model, "fake")
    theirs = IntegratedGradients(scalar).attribute(x, torch.zeros_like(x), n_steps=16, method="gausslegendre")
    ours = run("integrated-gradients", random_detector, crop, {"steps": 16}, target="fake")
    assert ours.map == pytest.approx(theirs.sum(1)[0].numpy(), abs=1e-4)
    change = float(scalar(x) - scalar(torch.zeros_like(x)))
    assert ours.honesty[0].value == pytest.approx(abs(float(ours.map.sum()) - change) / abs(change), abs=2e-3)


def test_completeness_error_is_zero_for_a_share_out() -> None:
    assert completeness_error(torch.tensor([1.0, 2.0]), 5.0, 2.0) == 0
    assert completeness_error(torch.tensor([1.0]), 5.0, 3.0) == pytest.approx(0.5)


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
        ("shap", {"samples": 1}, "fake", "samples has to lie between 4 and 500"),
        ("integrated-gradients", {"baseline": "white"}, "fake", "one of black, mean colour"),
    ],
)
def test_refusals(name: str, settings: dict, target: str, words: str, random_detector: Detector, crop: Array) -> None:
    with pytest.raises(InputError, match=words):
        run(name, random_detector, crop, settings, target=target)  # type: ignore[arg-type]
