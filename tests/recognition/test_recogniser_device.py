"""A recogniser's network on another device: the same vectors, attacks and softened replicas."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from other_device import NAME, OtherDevice, other_device
from torch import Tensor, nn

from core import attacks
from core.attacks.engine.differentiable_maps import with_softplus
from core.detectors.device import put_on
from core.media.images import to_tensor
from core.media_attack import samples
from core.recognition import package_weights
from core.recognition.alignment import ARCFACE, face_crop
from core.recognition.embedding_recogniser import EmbeddingRecogniser
from core.recognition.recogniser_target import match_detector
from core.types import Array


def recogniser(device: str) -> EmbeddingRecogniser:
    torch.manual_seed(0)
    network = nn.Sequential(nn.AvgPool2d(8), nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 12 * 12, 16))
    centre = torch.full((16,), 0.1)
    return EmbeddingRecogniser("tiny", "1", put_on(network.requires_grad_(False), device), ARCFACE, centre)


def vectors(asked: EmbeddingRecogniser) -> tuple[Array, Array, Tensor]:
    """A face's vector, the face attacked so that it is recognised no longer, and logits of a softened replica."""
    crop = face_crop(samples.portrait_face())
    found = asked.embed(crop)
    target = match_detector("tiny", asked.module(crop.landmarks), found[None], threshold=0.9, goal="dodging")
    attacked = attacks.run("pgd", target, crop.image, {"steps": 3}, bf16=False)
    x = to_tensor(crop.image).requires_grad_()
    logits = with_softplus(target.model, 20.0)(x)
    return found, attacked.image, torch.autograd.grad(logits[0, 1], x)[0].abs().sum()


def test_vectors_attacks_and_replicas_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    here = vectors(recogniser("cpu"))
    with other_device(monkeypatch) as there:
        asked = recogniser(NAME)
        found = vectors(asked)
        assert there.operations > 20
        assert on(there, asked)
    monkeypatch.undo()
    assert np.allclose(found[0], here[0], atol=1e-6)
    assert np.array_equal(found[1], here[1])
    assert torch.allclose(found[2], here[2], rtol=1e-4)


def on(there: OtherDevice, asked: EmbeddingRecogniser) -> bool:
    return all(there.has(weight) for weight in asked.network.parameters())


def test_a_recogniser_is_kept_for_each_device(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(package_weights, "_load", lambda *given: asked.append(given[-1]))
    for device in ("cpu", "cuda"):
        monkeypatch.setattr(package_weights, "chosen_device", lambda device=device: device)
        package_weights.dlib_resnet()
    assert asked == ["cpu", "cuda"]
