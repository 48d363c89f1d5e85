"""Define a small residual network, trained on blended faces."""

from __future__ import annotations

from torch import Tensor, nn

from ..base import DETECTORS
from .layers import Normalize, Residual, Resize, residual_trunk

SIZE = 200
WIDTHS, DEPTHS = (32, 64, 160), (1, 2, 2)  # to stride 16, where the training also predicts the mask
TOP = 256  # channels of the last stage, at stride 32: the penultimate layer


class BlendResNet(nn.Module):
    """Map (N, 3, H, W) in [0, 1] to (N, 2) logits [real, fake]; 1.9 million parameters.

    Source: trained as Li et al. 2020 (Face X-ray, arXiv:1912.13458) and Shiohara and Yamasaki 2022 (arXiv:2204.08376)
    propose: on real faces and blends of them, with the blending mask as dense supervision (see `core.training`).
    """

    def __init__(self) -> None:
        super().__init__()
        self.resize = Resize(SIZE)
        self.normalize = Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
        self.trunk = residual_trunk(WIDTHS, DEPTHS)
        self.top = Residual(WIDTHS[-1], TOP, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(TOP, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Compute (N, 2) logits from (N, 3, H, W) in [0, 1]."""
        features = self.top(self.trunk(self.normalize(self.resize(x))))
        return self.classifier(self.flatten(self.pool(features)))


DETECTORS.add(
    "resnet-blend",
    title="ResNet on blended faces",
    source="Li et al. 2020, arXiv:1912.13458; Shiohara and Yamasaki 2022, arXiv:2204.08376; trained by this project",
)(BlendResNet)
