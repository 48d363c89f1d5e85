"""Define Detect-ResNet of Pinhasov et al. 2024, with a small backbone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..detectors.architectures.layers import Resize, residual_trunk
from .base import ATTACK_DETECTORS, DEFAULT

SIZE = 160
WIDTHS, DEPTHS = (24, 48, 96, 160), (1, 1, 1, 1)


class DetectResNet(nn.Module):
    """Map crops (N, 3, H, W) in [0, 1] and scaled maps (N, 1, H, W) to logits (N, 2).

    Logits are [unattacked, attacked]. One backbone reads crop and map, the map as three equal channels; the two
    embeddings are joined and pass two linear layers.
    Source: Pinhasov et al. 2024, section 3.5 and figure 4. Differs: a residual network of 0.6 million parameters,
    trained from scratch, in place of a pretrained ResNet-50.
    """

    def __init__(self) -> None:
        super().__init__()
        self.resize = Resize(SIZE)
        self.backbone = nn.Sequential(residual_trunk(WIDTHS, DEPTHS), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(2 * WIDTHS[-1], 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, crops: Tensor, maps: Tensor) -> Tensor:
        """Compute (N, 2) logits [unattacked, attacked] from crops and maps."""
        both = torch.cat([self.resize(crops) * 2 - 1, self.resize(maps.expand(-1, 3, -1, -1))])
        faces, explanations = self.backbone(both).chunk(2)
        out: Tensor = self.head(torch.cat([faces, explanations], 1))
        return out


ATTACK_DETECTORS.add(
    DEFAULT,
    title="Detect-ResNet (small)",
    source="Pinhasov et al. 2024, section 3.5, figure 4; trained by this project",
)(DetectResNet)
