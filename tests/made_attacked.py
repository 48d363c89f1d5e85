"""A folder of made faces and forgeries of several people, and detectors that tell them apart by their noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from known_models import CARD
from PIL import Image
from torch import nn

from core.attack_detectors.detect_resnet import Backbone
from core.detectors import Detector
from core.detectors.detector import prepare
from core.media.images import to_tensor
from core.types import Array

SIDE = 40


def made_forgeries(folder: Path, *, people: int = 12) -> Path:
    """Write real/ and fake/ with a picture of each person: forged ones are brighter; return the folder."""
    random = np.random.default_rng(11)
    for kind, light in (("real", 100), ("fake", 128)):
        (folder / kind).mkdir(parents=True)
        for number in range(people):
            pixels = (light + random.normal(0, 8, (SIDE, SIDE, 3))).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / kind / f"person{number}.png")
    return folder


def read_made(medium: tuple[Path, ...], frames: int) -> list[Array]:
    """Stand for the search for faces: each picture is a face."""
    return [np.asarray(Image.open(path)) for path in medium[:frames]]


class BrightIsFake(nn.Module):
    """Two logits: bright pictures are fake; convolutions with ReLU, so that every map has something to follow."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.conv, self.relu = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.ReLU()
        self.pool, self.flatten, self.linear = nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 2)
        self.conv.weight.data = 0.1 * torch.rand(4, 3, 3, 3, generator=generator)
        self.linear.weight.data = torch.stack([-torch.ones(64), torch.ones(64)]) / 64
        with torch.no_grad():
            lights = (torch.full((1, 3, SIDE, SIDE), light) for light in (0.5, 0.39))
            bright, dark = (float(self.relu(self.conv(light)).mean()) for light in lights)
        middle = 0.3 * dark + 0.7 * bright  # nearer to the forged ones, so that attacks get there
        self.linear.bias.data = torch.tensor([middle, -middle])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = 40 * self.linear(self.flatten(self.pool(self.relu(self.conv(x)))))
        return logits


def made_detector(name: str) -> Detector:
    """A detector of forgeries of `made_forgeries`; the name decides its weights."""
    return prepare(name, BrightIsFake(len(name)), CARD)


def tiny_backbone(_: Path) -> Backbone:
    """An untrained backbone that sees differences of neighbours."""
    torch.manual_seed(3)
    layers = (nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
    return Backbone(nn.Sequential(*layers), 32, 24)


def called_fake(detector: Detector, image: Array) -> bool:
    """Whether a picture is called fake, by the network itself."""
    with torch.inference_mode():
        real, fake = detector.model(to_tensor(image))[0].tolist()
    return bool(fake > real)
