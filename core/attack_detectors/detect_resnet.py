"""Define Detect-ResNet of Pinhasov et al. 2024, with a small backbone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..detectors.architectures.layers import Resize, residual_trunk
from .base import ATTACK_DETECTORS, DEFAULT

SIZE = 160
WIDTHS, DEPTHS = (24, 48, 96, 160), (1, 1, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Backbone:
    """Hold what embeds crops and maps.

    network: maps (N, 3, size, size) in [-1, 1] to embeddings (N, width).
    """

    network: nn.Module
    width: int
    size: int


def small_backbone() -> Backbone:
    """Build a residual network of 0.6 million parameters, to train from scratch."""
    trunk = nn.Sequential(residual_trunk(WIDTHS, DEPTHS), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Backbone(trunk, WIDTHS[-1], SIZE)


class DetectResNet(nn.Module):
    """Map crops (N, 3, H, W) in [0, 1] and scaled maps (N, 1, H, W) to logits (N, 2).

    Logits are [unattacked, attacked]. One backbone reads crop and map, the map as three equal channels; the two
    embeddings are joined and pass two linear layers.
    Source: Pinhasov et al. 2024, section 3.5 and figure 4. Differs: what ships has a small backbone, trained from
    scratch, in place of a pretrained ResNet-50.
    """

    def __init__(self, backbone: Backbone | None = None) -> None:
        super().__init__()
        given = backbone or small_backbone()
        self.resize = Resize(given.size)
        self.backbone = given.network
        self.head = nn.Sequential(nn.Linear(2 * given.width, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, crops: Tensor, maps: Tensor) -> Tensor:
        """Compute (N, 2) logits [unattacked, attacked] from crops and maps."""
        both = torch.cat([self.signed(crops), self.resize(maps.expand(-1, 3, -1, -1))])
        faces, explanations = self.backbone(both).chunk(2)
        out: Tensor = self.head(torch.cat([faces, explanations], 1))
        return out

    def signed(self, crops: Tensor) -> Tensor:
        """Resize crops (N, 3, H, W), and scale them to [-1, 1]."""
        resized: Tensor = self.resize(crops)
        return resized * 2 - 1


ATTACK_DETECTORS.add(
    DEFAULT,
    title="Detect-ResNet (small)",
    source="Pinhasov et al. 2024, section 3.5, figure 4; trained by this project",
)(DetectResNet)
