"""Detectors: the contract of every registered one, folding, and weights that are missing or altered."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import ONE_OF_EACH, narrowed
from known_models import CARD
from narrowed import some
from torch import nn

from core import detectors
from core.detectors import DETECTORS, Detector
from core.detectors.architectures.blend_resnet import BlendResNet
from core.detectors.architectures.layers import Resize, fuse_batchnorm
from core.detectors.detector import prepare
from core.detectors.networks.outputs import LogitSelector
from core.storage.cards import load_weights, read_card, save_model
from core.storage.paths import MODELS
from core.types import Array, InputError
from core.types.model_card import DetectorCard

LARGE = ("xception", "efficientnet")
EACH = [pytest.param(name, marks=pytest.mark.slow) if name.startswith(LARGE) else name for name in ONE_OF_EACH.values()]


@pytest.mark.parametrize("name", EACH)
def test_any_size_gives_two_finite_logits(name: str) -> None:
    model = narrowed(DETECTORS[name].function().eval(), 96)
    for size in (64, 333):
        with torch.inference_mode():
            logits = model(torch.rand(2, 3, size, size))
        assert logits.shape == (2, 2)
        assert torch.isfinite(logits).all()


def test_the_default_has_at_most_six_million_parameters_and_twelve_megabytes() -> None:
    assert sum(p.numel() for p in DETECTORS[detectors.DEFAULT].function().parameters()) <= 6_000_000
    assert (MODELS / read_card(detectors.DEFAULT, DetectorCard).file).stat().st_size <= 12 * 2**20


def test_folding_changes_logits_by_rounding_only() -> None:
    torch.manual_seed(0)
    model = BlendResNet().train()
    with torch.no_grad():
        for _ in range(3):
            model(torch.rand(4, 3, 200, 200))
        x = torch.rand(2, 3, 200, 200)
        plain = model.eval()(x)
        folded = fuse_batchnorm(model)(x)
    assert torch.allclose(plain, folded, atol=1e-4)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in model.modules())


def test_resize_keeps_the_sum_of_what_flows_back() -> None:
    x = torch.rand(1, 3, 77, 77, requires_grad=True)
    back = torch.rand(1, 3, 50, 50)
    (gradient,) = torch.autograd.grad(Resize(50)(x), x, back)
    assert float(gradient.sum()) == pytest.approx(float(back.sum()), rel=1e-4)


def test_a_verdict_is_the_softmax_of_its_logits(random_detector: Detector, crop: Array) -> None:
    verdict = random_detector.verdict(crop)
    assert verdict.p_fake == pytest.approx(float(torch.tensor(verdict.logits).softmax(0)[1]), abs=1e-6)
    as_float = random_detector.verdict((crop / 255).astype(np.float32))
    assert as_float.logits == pytest.approx(verdict.logits, abs=1e-5)
    assert verdict.label == ("fake" if verdict.p_fake > 0.5 else "real")


def test_scalar_targets(random_detector: Detector) -> None:
    x = torch.rand(1, 3, 64, 64)
    real, fake = random_detector.model(x)[0].tolist()
    outputs = {target: float(LogitSelector(random_detector.model, target)(x)) for target in LogitSelector.WEIGHTS}
    assert outputs == pytest.approx({"fake": fake, "real": real, "margin": fake - real}, abs=1e-5)


def test_unknown_detector() -> None:
    with pytest.raises(InputError, match="there is no detector 'meso9'; known are: efficientnet-lite0, "):
        detectors.load("meso9")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for path in MODELS.glob(f"{detectors.DEFAULT}.*"):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_altered_weights_are_named_with_both_checksums(copied: Path) -> None:
    path = copied / f"{detectors.DEFAULT}.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    card = read_card(detectors.DEFAULT, DetectorCard, folder=copied)
    with pytest.raises(InputError, match="was altered") as caught:
        detectors.load(detectors.DEFAULT, folder=copied)
    assert some(card.sha256) in str(caught.value)
    assert str(caught.value).count("SHA-256") == 1
    assert path.name in str(caught.value)


def test_missing_weights_and_card_are_named(copied: Path) -> None:
    (copied / f"{detectors.DEFAULT}.safetensors").unlink()
    with pytest.raises(
        InputError, match=rf"{detectors.DEFAULT}.safetensors .* is missing \(expected SHA-256 [0-9a-f]{{64}}\)"
    ):
        detectors.load(detectors.DEFAULT, folder=copied)
    (copied / f"{detectors.DEFAULT}.json").unlink()
    with pytest.raises(InputError, match=f"card {detectors.DEFAULT}.json"):
        detectors.load(detectors.DEFAULT, folder=copied)


def test_saved_and_loaded_weights_are_the_same(tmp_path: Path) -> None:
    model = BlendResNet()
    card = save_model("some", model.state_dict(), CARD, tmp_path)
    assert read_card("some", DetectorCard, folder=tmp_path) == card
    loaded = load_weights("some", card, folder=tmp_path)
    assert all(torch.equal(value, loaded[key]) for key, value in model.state_dict().items())


def test_preparing_a_network_leaves_it_as_it_was() -> None:
    model = BlendResNet().train()
    before, x = copy.deepcopy(model), torch.rand(2, 3, 64, 64)
    made = prepare("any", model, CARD)
    assert model.training
    assert all(p.requires_grad for p in model.parameters())
    assert [name for name, _ in model.named_modules()] == [name for name, _ in before.named_modules()]
    state, wanted = model.state_dict(), before.state_dict()
    assert list(state) == list(wanted)
    assert all(torch.equal(value, wanted[key]) for key, value in state.items())
    assert torch.equal(model.eval()(x), before.eval()(x))
    assert not any(isinstance(m, nn.BatchNorm2d) for m in made.model.modules())
    assert torch.allclose(made.model(x), model(x), atol=1e-4)


@pytest.mark.parametrize("first", ["prepare", "save"])
def test_a_shipped_file_loads_whatever_came_first(first: str, tmp_path: Path) -> None:
    model, card = DETECTORS[detectors.DEFAULT].function().eval(), CARD
    steps = [
        lambda: prepare(detectors.DEFAULT, model, card),
        lambda: save_model(detectors.DEFAULT, model.state_dict(), card, tmp_path),
    ]
    for step in steps if first == "prepare" else reversed(steps):
        step()
    loaded = detectors.load(detectors.DEFAULT, folder=tmp_path)
    x = torch.rand(1, 3, 64, 64)
    assert torch.allclose(loaded.model(x), model(x), atol=1e-4)


def test_weights_get_no_gradients(random_detector: Detector) -> None:
    assert not any(p.requires_grad for p in prepare("again", random_detector.model, CARD).model.parameters())
