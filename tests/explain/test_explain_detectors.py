"""Every map on every published layout, with random weights: right, finite, conserving, and the detector as it was."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest
import torch
from checkpoints import narrowed, random_checkpoint
from explain_cases import DISTINCT, FEW, VARIANTS, hooks, variant
from known_models import CARD
from narrowed import passes

from core.bench.map_peers import zennit_lrp
from core.bench.timing import Counted
from core.detectors import FORMATS, Detector, fit
from core.detectors.detector import prepare
from core.detectors.networks.outputs import LogitSelector
from core.explain import EXPLAINERS, run, run_all
from core.explain.methods.lrp import penultimate_relevance, relevances
from core.media.images import to_tensor
from core.types import Array, Settings

SMALL_NETWORKS = ("meso4", "mesoinception4")
LARGE_NETWORKS = ("xception-deepfakebench", "efficientnetautoattb4st")
BY_MODULES = [one for one in VARIANTS if one[0] in ("guided-backprop", "lrp", "shap")]  # others need a gradient only
SMALL = 64  # pixels inside: a twentieth of the time
pytestmark = pytest.mark.slow


@functools.cache
def detector(layout: str) -> Detector:
    model = fit(FORMATS[layout], random_checkpoint(FORMATS[layout]), name=layout)
    return prepare(layout, narrowed(model, SMALL), CARD)


@pytest.mark.parametrize(("name", "settings"), [variant(*one) for one in VARIANTS])
@pytest.mark.parametrize("layout", SMALL_NETWORKS)
def test_every_variant_is_finite_and_leaves_nothing(layout: str, name: str, settings: Settings, crop: Array) -> None:
    check(layout, name, settings, crop)


@pytest.mark.parametrize(("name", "settings"), [variant(*one) for one in BY_MODULES])
@pytest.mark.parametrize("layout", LARGE_NETWORKS)
def test_variants_that_see_modules_are_finite(layout: str, name: str, settings: Settings, crop: Array) -> None:
    check(layout, name, settings, crop)


def check(layout: str, name: str, settings: Settings, crop: Array) -> None:
    """See that a map is finite, says where it is zero, and leaves the detector as it was."""
    found = detector(layout)
    before = found.verdict(crop).logits
    attribution = run(name, found, crop, settings)
    assert np.isfinite(attribution.map).all()
    assert all(np.isfinite(figure.value) for figure in attribution.quality)
    says = any(figure.degenerate and "zero everywhere" in figure.degenerate for figure in attribution.quality)
    assert says != bool(attribution.map.any())
    assert not any(hooks(found))
    assert np.array_equal(before, found.verdict(crop).logits)


@pytest.mark.parametrize("layout", [name for name in DISTINCT if name not in SMALL_NETWORKS])
def test_every_map_is_finite_and_leaves_nothing_behind(layout: str, crop: Array) -> None:
    found = detector(layout)
    before = found.verdict(crop).logits
    verdict, maps = run_all(list(EXPLAINERS), found, crop, FEW)
    assert [attribution.method for attribution in maps] == list(EXPLAINERS)
    for attribution in maps:
        assert np.isfinite(attribution.map).all()
        assert attribution.map.any() or attribution.quality[0].degenerate, attribution.method
        assert all(np.isfinite(figure.value) for figure in attribution.quality)
    assert np.allclose(verdict.logits, before, rtol=1e-4)
    assert not any(hooks(found))
    assert np.array_equal(before, found.verdict(crop).logits)


@pytest.mark.parametrize("layout", DISTINCT)
def test_the_logit_real_is_explained_or_said_to_be_constant(layout: str, crop: Array) -> None:
    found = run("input-x-gradient", detector(layout), crop, target="real")
    one_output = detector(layout).verdict(crop).logits[0] == 0
    assert found.map.any() != one_output
    assert ("“not manipulated” is 0" in str(found.quality[0].degenerate)) == one_output


@pytest.mark.parametrize("layout", DISTINCT)
def test_lrp_conserves_within_five_percent_with_biases(layout: str, crop: Array) -> None:
    found = run("lrp", detector(layout), crop)
    kept, with_biases = (figure.value for figure in found.quality)
    assert with_biases == pytest.approx(1, abs=0.05)
    assert kept * with_biases > 0
    if layout != "mesoinception4":  # some of its outputs have no positive part: zennit loses what they were given
        theirs = zennit_lrp(detector(layout), to_tensor(crop)).detach().sum(1)[0].numpy()
        assert np.abs(found.map - theirs).max() <= 1e-4 * np.abs(theirs).max()


@pytest.mark.parametrize("layout", DISTINCT)
@pytest.mark.parametrize("target", ["margin", "real", "fake"])
def test_relevance_at_the_penultimate_layer_is_lrps_by_one_plain_pass(layout: str, target: str, crop: Array) -> None:
    counted = Counted(detector(layout).model)
    of, x = LogitSelector(counted, target), to_tensor(crop)
    alone = penultimate_relevance(of, x)
    assert passes(replace(detector(layout), model=counted)) == (1, 0)
    assert torch.equal(alone, relevances(of, x)[1])
    assert alone.any() != (target == "real" and detector(layout).verdict(crop).logits[0] == 0)
    assert not any(hooks(detector(layout)))


@pytest.mark.parametrize("layout", [name for name in DISTINCT if not name.startswith("mesoinception")])
def test_epsilon_gamma_box_conserves_within_five_percent_with_biases(layout: str, crop: Array) -> None:
    """Not on MesoInception: its first layer sees one pixel at a time, and a black pixel has nothing to share out by."""
    found = run("lrp", detector(layout), crop, {"rule": "epsilon-gamma-box"})
    assert found.quality[1].value == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("layout", [name for name in DISTINCT if name.startswith("efficientnet")])
def test_guided_backprop_says_that_it_is_the_gradient(layout: str, crop: Array) -> None:
    plain = run("guided-backprop", detector(layout), crop)
    assert "no ReLU: the map is the plain gradient" in str(plain.quality[0].degenerate)
    assert np.array_equal(plain.map, run("saliency", detector(layout), crop, {"sign": "signed"}).map)
    guided = run("guided-backprop", detector(layout), crop, {"form": "silu"})
    assert guided.quality[0].degenerate is None
    assert not np.array_equal(guided.map, plain.map)
