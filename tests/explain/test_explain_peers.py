"""Maps against second routes: captum, zennit and shap; and what a map may cost, in passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shap
import torch
from narrowed import passes

from core.bench.map_peers import PEERS, zennit_lrp
from core.bench.timing import Counted
from core.detectors import Detector, load
from core.explain import EXPLAINERS, lrp_rules, run
from core.explain.context import AttributionContext
from core.explain.lrp_rules import STABILISER, Ledger, Rule, alpha2_beta1, epsilon, gamma, z_plus, z_sign
from core.explain.methods import integrated_gradients
from core.explain.methods.lime import kernel
from core.explain.methods.lrp import CONVOLUTIONS
from core.explain.methods.shap_values import background, expected_gradients
from core.media.images import to_tensor
from core.types import Array


def close(ours: Array, theirs: torch.Tensor, share: float = 1e-4) -> None:
    expected = theirs.detach().sum(1)[0].numpy()
    assert np.abs(ours - expected).max() <= share * np.abs(expected).max()


@pytest.mark.parametrize("rule", CONVOLUTIONS)
def test_lrp_is_what_zennit_computes(rule: str, random_detector: Detector, crop: Array) -> None:
    ours = run("lrp", random_detector, crop, {"rule": rule})
    close(ours.map, zennit_lrp(random_detector, to_tensor(crop), rule))
    assert ours.quality[1].name == "conserved with biases"
    assert ours.quality[1].value == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    "name",
    ["saliency", "input-x-gradient", "guided-backprop", "grad-cam", pytest.param("occlusion", marks=pytest.mark.slow)],
)
def test_the_gradient_maps_are_what_captum_computes(name: str, random_detector: Detector, crop: Array) -> None:
    close(run(name, random_detector, crop).map, PEERS[name][1](random_detector, to_tensor(crop), 0))


@pytest.mark.slow
def test_shap_is_what_shap_computes_from_the_same_draws(random_detector: Detector, crop: Array) -> None:
    x = to_tensor(crop)
    ours = expected_gradients(AttributionContext(random_detector, x, "margin"), 12, 5)
    state = np.random.get_state()
    explainer = shap.GradientExplainer(random_detector.model, background(x), batch_size=4)
    values, variances = explainer.shap_values(x, nsamples=12, rseed=5, return_variances=True)
    np.random.set_state(state)
    assert np.abs(ours.values.numpy() - (values[..., 1] - values[..., 0])).max() < 1e-5 * np.abs(values).max()
    samples, scatter = ours.quality()
    assert samples.value == 12
    assert scatter.value > 0
    assert len(variances) == 2, "shap explains both classes"


def counted(detector: Detector) -> Detector:
    return replace(detector, model=Counted(detector.model))


def test_what_maps_cost_in_passes(random_detector: Detector, crop: Array) -> None:
    detector = counted(random_detector)
    run("shap", detector, crop, {"samples": 24}, quality=False)
    assert passes(detector) == (24, 24)
    detector = counted(random_detector)
    run("lrp", detector, crop, quality=False)
    assert passes(detector) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("baseline", ["black", "blurred"])
def test_integrated_gradients_meet_a_completeness_error_in_ten_passes(baseline: str, crop: Array) -> None:
    shipped = load("resnet-blend")
    detector = counted(shipped)
    settings = {"steps": 9, "tolerance": 0.02, "baseline": baseline}
    found = run("integrated-gradients", detector, crop, settings, quality=False)
    assert passes(detector)[0] <= 10
    found = run("integrated-gradients", shipped, crop, settings)
    error, nodes, _ = (figure.value for figure in found.quality)
    assert error <= 0.02 + 1e-4
    assert nodes <= 9
    fine = run("integrated-gradients", shipped, crop, {"steps": 50, "baseline": baseline}, quality=False).map
    assert np.linalg.norm(found.map - fine) < 0.35 * np.linalg.norm(fine), "and it is the same map"


def test_nodes_along_the_path() -> None:
    assert integrated_gradients.halvings(5).tolist() == [0.5, 0.25, 0.75, 0.125, 0.625]
    assert integrated_gradients.cells([1.0, 0.5, 0.25]).tolist() == [0.25, 0.375, 0.375]
    weights, slopes = np.array([0.5, 0.25, 0.25]), [1.0, 3.0, 2.0]
    better = integrated_gradients.corrected(weights, slopes, 2.0)
    assert better.sum() == pytest.approx(1)
    assert better @ np.array(slopes) == pytest.approx(2)
    assert integrated_gradients.corrected(weights, [1.0, 1.0, 1.0], 5.0) is weights, "nothing to regress on"


def test_lime_weighs_near_samples_more_and_fits_a_linear_detector(
    linear_detector: Detector, small_picture: Array
) -> None:
    weights = kernel(np.array([[1.0, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]]))
    assert weights[0] == pytest.approx(1)
    assert weights[1] == pytest.approx(np.exp(-((1 - np.sqrt(0.5)) ** 2) / 0.25**2))
    assert weights[2] < 1e-6
    found = run("lime", linear_detector, small_picture, {"samples": 400, "segments": 8})
    assert found.quality[0].value > 0.95


@pytest.mark.parametrize("signs", ["positive inputs", "both signs"])
@pytest.mark.parametrize("rule", [z_plus, z_sign, alpha2_beta1, gamma, epsilon])
def test_a_rule_by_its_definition(rule: object, signs: str) -> None:
    """One linear layer, every part x w written out."""
    torch.manual_seed(3)
    layer = torch.nn.Linear(6, 4)
    x = torch.rand(1, 6) if signs == "positive inputs" else torch.randn(1, 6)
    y, relevance = layer(x).detach(), torch.randn(1, 4)
    ledger = Ledger()
    with torch.no_grad():
        ours = rule(layer, x, y, relevance, ledger)[0]  # type: ignore[operator]
        parts = torch.cat([x * layer.weight, layer.bias[:, None]], 1)  # (4, 7), the biases last
        shares = shares_of(rule.__name__, parts)  # type: ignore[attr-defined]
        expected = (shares * relevance[0][:, None]).sum(0)
    assert torch.allclose(ours, expected[:-1], rtol=1e-3, atol=1e-4)
    assert ledger.biases == pytest.approx(float(expected[-1]), rel=1e-3, abs=1e-4)


def shares_of(rule: str, parts: torch.Tensor) -> torch.Tensor:
    up, down, y = parts.clamp(min=0), parts.clamp(max=0), parts.sum(1, keepdim=True)
    of_up, of_down = up / (up.sum(1, keepdim=True) + STABILISER), down / (down.sum(1, keepdim=True) - STABILISER)
    if rule == "epsilon":
        return parts / y
    if rule == "alpha2_beta1":
        return 2 * of_up - of_down
    if rule == "gamma":
        stronger = parts + 0.25 * torch.where(y > 0, up, down)
        return stronger / stronger.sum(1, keepdim=True)
    nothing_up = up.sum(1, keepdim=True) <= STABILISER
    return torch.where(y < 0 if rule == "z_sign" else nothing_up, of_down, of_up)


@pytest.mark.parametrize("rule", [z_plus, alpha2_beta1, gamma, epsilon])
def test_a_layer_cut_into_blocks_hands_back_the_same(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(5, 7, 1).requires_grad_(False).double()
    x, relevance = torch.randn(2, 5, 3, 4).double(), torch.randn(2, 7, 3, 4).double()
    whole, cut = Ledger(), Ledger()
    expected = rule(layer, x, layer(x), relevance, whole)
    monkeypatch.setattr(lrp_rules, "MAX_VALUES", 40)
    monkeypatch.setattr(lrp_rules, "MAX_WEIGHTS", 12)
    assert torch.allclose(rule(layer, x, layer(x), relevance, cut), expected, rtol=1e-6, atol=1e-6)
    assert cut.biases == pytest.approx(whole.biases, rel=1e-6)


def test_an_output_without_a_positive_part_loses_nothing() -> None:
    layer = torch.nn.Linear(3, 1, bias=False)
    layer.weight.data = torch.tensor([[-1.0, -2.0, -1.0]])
    x = torch.ones(1, 3)
    with torch.no_grad():
        found = z_plus(layer, x, layer(x), torch.tensor([[2.0]]), Ledger())
    assert found[0].tolist() == pytest.approx([0.5, 1.0, 0.5], rel=1e-5)


def test_every_quick_map_has_a_peer() -> None:
    assert {name for name in EXPLAINERS if EXPLAINERS[name].facts.quick} <= PEERS.keys()
