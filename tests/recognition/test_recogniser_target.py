"""A recogniser under attack: dodging and impersonation by the registered attacks, and its maps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from known_models import LinearModel
from torch import nn
from torch.nn import functional

from core import pipeline
from core.explain import EXPLAINERS
from core.recognition.recogniser_target import Goal, match_detector
from core.types import FAKE, Array, InputError


class Embedder(nn.Module):
    """Unit vectors (N, 2), linear in an image of 12 x 12 before they are scaled."""

    def __init__(self) -> None:
        super().__init__()
        self.network = LinearModel()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.network(x - 0.5), dim=1)


def embedded(picture: Array) -> Array:
    with torch.inference_mode():
        found: Array = Embedder()(torch.from_numpy(picture.transpose(2, 0, 1)[None] / np.float32(255)))[0].numpy()
    return found


@pytest.fixture
def photos(small_picture: Array) -> Array:
    """Two photos of one person, a little to each side of the picture's embedding."""
    angle = np.arctan2(*embedded(small_picture)[::-1])
    return np.array([[np.cos(a), np.sin(a)] for a in (angle + 0.3, angle - 0.4)], np.float32)


def test_logits_are_the_mean_similarity_over_the_threshold(small_picture: Array, photos: Array) -> None:
    mean = float((photos @ embedded(small_picture)).mean())
    for goal, sign in (("dodging", 1), ("impersonation", -1)):
        detector = match_detector("any", Embedder(), photos, threshold=0.5, goal=goal, slope=8)  # type: ignore[arg-type]
        logits = detector.verdict(small_picture).logits
        np.testing.assert_allclose(logits, [0, sign * 8 * (mean - 0.5)], atol=1e-4)


@pytest.mark.parametrize(("goal", "side"), [("dodging", 1), ("impersonation", -1)])
def test_an_attack_crosses_the_threshold(small_picture: Array, photos: Array, goal: Goal, side: int) -> None:
    detector = match_detector("any", Embedder(), side * photos, threshold=0.2, goal=goal)
    found = pipeline.attack(detector, small_picture, "pgd", {"eps": 64 / 255})
    assert found.before.logits[FAKE] > 0 > found.after.logits[FAKE]
    similarity = float((side * photos @ embedded(pipeline.attacked_crop(found))).mean())
    assert (similarity < 0.2) == (goal == "dodging")


@pytest.mark.parametrize("name", ["saliency", "lrp", "grad-cam", "occlusion"])
def test_its_maps(small_picture: Array, photos: Array, name: str) -> None:
    class Convolved(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.first, self.relu, self.rest = nn.Conv2d(3, 3, 3, padding=1), nn.ReLU(), Embedder()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.rest(self.relu(self.first(x)))
            return found

    assert name in EXPLAINERS
    detector = match_detector("any", Convolved(), photos, threshold=0.2, goal="dodging")
    found = pipeline.explain_crop(detector, small_picture, name)
    assert found.map.shape == (12, 12)
    assert np.abs(found.map).max() > 0


@pytest.mark.parametrize(
    ("photos", "goal", "slope", "words"),
    [
        (np.zeros((0, 2), np.float32), "dodging", 1, "at least one"),
        (np.zeros((1, 2), np.float32), "both", 1, "dodging or impersonation"),
        (np.zeros((1, 2), np.float32), "dodging", 0, "slope is positive"),
    ],
)
def test_bad_input(photos: Array, goal: Goal, slope: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        match_detector("any", Embedder(), photos, threshold=0.5, goal=goal, slope=slope)
