"""Attacks on classifiers of more than two classes: the same functions, and for two logits the same bits."""

from __future__ import annotations

import pytest
import torch
from attack_cases import Tiny, quick
from torch import nn
from torch.nn import functional

from core.attacks import ATTACKS, perturb, perturb_classes
from core.attacks.engine.logits import margin, rivals, wanted_score
from core.attacks.engine.losses import loss_of
from core.types import InputError

OF_CLASSES = [name for name, entry in ATTACKS.items() if not entry.facts.detectors_only]


class TenClasses(nn.Module):
    """A classifier of ten classes that costs nothing."""

    def __init__(self, channels: int = 1, classes: int = 10) -> None:
        super().__init__()
        self.flatten, self.first, self.relu = nn.Flatten(), nn.Linear(channels * 64, 24), nn.ReLU()
        self.last = nn.Linear(24, classes)
        random = torch.Generator().manual_seed(3)
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=random) * 0.3

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.last(self.relu(self.first(self.flatten(x))))
        return logits


def images(count: int, channels: int = 1, side: int = 8) -> torch.Tensor:
    return (torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(1)) * 255).round() / 255


def test_margins_of_many_classes() -> None:
    logits = torch.tensor([[1.0, 4.0, 2.5], [1.0, 4.0, 2.5], [3.0, 0.0, 1.0]])
    y = torch.tensor([0, ~1, ~1])  # the first label; any but the second, twice
    assert margin(logits, y).tolist() == [3.0, 1.5, -3.0]
    assert margin(torch.stack([logits, 2 * logits]), y)[1].tolist() == [6.0, 3.0, -6.0]
    assert sorted(rivals(logits, y)[1].tolist()) == [1.5, 3.0]
    assert torch.allclose(
        wanted_score(logits, y), torch.stack([*logits.softmax(1)[0, :1], *1 - logits.softmax(1)[1:, 1]])
    )
    assert torch.allclose(loss_of(logits, y, "cross-entropy")[1], -functional.cross_entropy(logits[1], torch.tensor(1)))


def test_any_but_one_of_two_is_the_other() -> None:
    logits, y = torch.randn(6, 2, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1] * 3)
    for loss in ("margin", "cross-entropy"):
        assert torch.equal(loss_of(logits, ~y, loss), loss_of(logits, 1 - y, loss))


@pytest.mark.parametrize("name", OF_CLASSES)
def test_away_from_fake_is_towards_real_bit_by_bit(name: str) -> None:
    x, fake = images(3, 3, 24), torch.ones(3, dtype=torch.long)
    towards = perturb(Tiny(), x, name, quick(name), bf16=False)
    away = perturb_classes(Tiny(), x, fake, name, quick(name), classes=2, eight_bit=True)
    assert torch.equal(towards, away)


@pytest.mark.parametrize("eight_bit", [True, False])
@pytest.mark.parametrize("name", OF_CLASSES)
def test_every_attack_takes_ten_classes(name: str, eight_bit: bool) -> None:
    network, x = TenClasses(), images(12)
    labels = network(x).argmax(1)
    found = perturb_classes(network, x, labels, name, quick(name), classes=10, eight_bit=eight_bit)
    assert found.shape == x.shape
    if ATTACKS[name].facts.norm == "Linf":
        eps = float(ATTACKS[name].settings()["eps"])
        assert float((found - x).abs().max()) <= eps + 1e-5
    if eight_bit:
        assert torch.allclose((found * 255).round(), found * 255, atol=1e-4)
    if ATTACKS[name].facts.access == "white":  # the others may find nothing in so few queries
        with torch.no_grad():
            assert (margin(network(found), ~labels) - margin(network(x), ~labels)).mean() < 0


def test_deepfool_goes_to_the_nearest_of_the_boundaries() -> None:
    linear = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    linear[1].weight.data = torch.stack([torch.zeros(64), torch.full((64,), 2.0), torch.full((64,), 0.01)])
    linear[1].bias.data = torch.tensor([0.0, -64.0 - 3.2, -0.5])  # the runner-up is far, the other is near
    x = torch.full((1, 1, 8, 8), 0.5)
    logits = linear(x)[0]
    assert int(logits.argsort()[1]) == 2
    found = perturb_classes(linear, x, torch.tensor([0]), "deepfool", {"eps": 64 / 255}, classes=3)
    assert int(linear(found).argmax()) == 1
    assert float((found - x).abs().max()) == pytest.approx(3.2 / 128 * 1.02, rel=1e-3)


def test_what_is_no_batch_of_labelled_images_is_refused() -> None:
    network, x, labels = TenClasses(), images(2), torch.tensor([0, 1])
    for bad, words in (
        ((x, torch.tensor([0, 10]), 10), "labels lie in 0 to 9"),
        ((x, labels[:1], 10), "a whole number as each image's label"),
        ((x * 2, labels, 10), r"lie in \[0, 1\]"),
        ((x.expand(-1, 2, -1, -1), labels, 10), "1 or 3"),
        ((x, labels, 1), "two classes or more"),
        ((x, labels, 9), "needs a classifier with 9 logits"),
    ):
        with pytest.raises(InputError, match=words):
            perturb_classes(network, *bad[:2], "fgsm", classes=bad[2])
    with pytest.raises(InputError, match="robust attacks deepfake detectors only"):
        perturb_classes(network, x, labels, "robust", classes=10)
