"""What the tests of attacks share: quick settings, networks that cost nothing, and one that is undecided."""

from __future__ import annotations

import torch
from known_models import CARD
from torch import nn

from core.attacks import ATTACKS, EvadedDetector
from core.detectors import Detector
from core.detectors.architectures.layers import Resize
from core.detectors.detector import prepare

QUICK = {"steps": 4, "queries": 12, "population": 8, "samples": 4, "restarts": 2, "searches": 2, "c": 10.0}
FREE = {"noise"}  # asks nothing
SEARCHING = {"noise", "one-pixel"}  # may find nothing better in so few queries


def quick(name: str, **more: object) -> dict[str, object]:
    known = {param.name for param in ATTACKS[name].params}
    return {key: value for key, value in {**QUICK, **more}.items() if key in known}


def attack_logits(x: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    """An attack detector for the tests: reads crop and map."""
    return torch.stack([maps.square().mean((1, 2, 3)), x.mean((1, 2, 3))], 1)


EVADED = EvadedDetector(attack_logits, "input-x-gradient")


class Tiny(nn.Module):
    """Two convolutions and a ReLU: a detector that costs nothing."""

    def __init__(self, seed: int = 2) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.first, self.relu, self.second = nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1)
        self.last, self.flatten, self.linear = nn.ReLU(), nn.Flatten(), nn.Linear(8 * 6 * 6, 2)
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.15

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.linear(self.flatten(self.last(self.second(self.relu(self.first(x * 2 - 1))))))
        return logits


class AlwaysFake(nn.Module):
    """A tiny network on images of any size, which it calls fake."""

    def __init__(self) -> None:
        super().__init__()
        self.resize, self.tiny = Resize(24), Tiny()
        self.tiny.linear.bias.data += torch.tensor([-2.0, 2.0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.tiny(self.resize(x))
        return logits


class Constant(nn.Module):
    """Two equal logits, whatever comes: undecided, and without a slope."""

    def __init__(self, logits: tuple[float, ...] = (0.0, 0.0)) -> None:
        super().__init__()
        self.head = nn.Linear(3, len(logits))
        self.head.weight.data.zero_()
        self.head.bias.data = torch.tensor(logits)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(x.mean((2, 3)))
        return logits


def constant(*logits: float) -> Detector:
    return prepare("constant", Constant(logits), CARD)
