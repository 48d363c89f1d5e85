"""Define EfficientNet-Lite0: inverted residuals with ReLU6, no squeeze-and-excite, batch normalisation fused."""

from __future__ import annotations

from torch import Tensor, nn

from ..base import DEFAULT, DETECTORS
from .layers import Add, CentreCrop, Normalize, Resize

SIZE = 192
FIRST_SIZE = 160  # of user checkpoints, unless their card says another
SHARE = 0.85  # of the crop's side that is looked at: crops of 1.3 times the box become about 1.1 times the box
WIDTH = 1280  # of the penultimate layer
STEM = 32
# (expansion, outputs, kernel, stride, how many) of each stage.
STAGES = (
    (1, 16, 3, 1, 1),
    (6, 24, 3, 2, 2),
    (6, 40, 5, 2, 2),
    (6, 80, 3, 2, 3),
    (6, 112, 5, 1, 3),
    (6, 192, 5, 2, 4),
    (6, 320, 3, 1, 1),
)
DENSE_AT, DENSE_WIDTH = 11, 112  # blocks to stride 16, where the training also predicts a mask


def _convolution(inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """Make a convolution with bias that halves or keeps the size."""
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups)


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; add the input where the shape stays.

    Source: Sandler et al. 2018, arXiv:1801.04381, figure 3.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        expand = [] if expansion == 1 else [_convolution(inputs, wide, 1), nn.ReLU6()]
        depthwise = [_convolution(wide, wide, kernel, stride=stride, groups=wide), nn.ReLU6()]
        self.body = nn.Sequential(*expand, *depthwise, _convolution(wide, outputs, 1))
        self.add = Add() if stride == 1 and inputs == outputs else None

    def forward(self, x: Tensor) -> Tensor:
        """Run the layer."""
        out: Tensor = self.body(x)
        return out if self.add is None else self.add(x, out)


class EfficientNetLite0(nn.Module):
    """Map (N, 3, H, W) in [0, 1] to (N, 2) logits [real, fake]; 3.4 million parameters, ReLU6 only.

    Source: Tan and Le 2019, arXiv:1905.11946; TensorFlow's EfficientNet-Lite0.
    Differs: batch normalisation is fused into the convolutions before training; padding is the same on all sides.
    """

    def __init__(self, size: int = SIZE) -> None:
        super().__init__()
        self.centre = CentreCrop(SHARE)
        self.resize = Resize(size)
        self.normalize = Normalize((127 / 255,) * 3, (128 / 255,) * 3)
        self.stem = nn.Sequential(_convolution(3, STEM, 3, stride=2), nn.ReLU6())
        blocks, inputs = [], STEM
        for expansion, outputs, kernel, stride, many in STAGES:
            for number in range(many):
                blocks.append(InvertedResidual(inputs, outputs, kernel, stride if number == 0 else 1, expansion))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(_convolution(inputs, WIDTH, 1), nn.ReLU6())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(WIDTH, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Run the layer."""
        features = self.blocks(self.stem(self.normalize(self.resize(self.centre(x)))))
        out: Tensor = self.classifier(self.flatten(self.pool(self.head(features))))
        return out


DETECTORS.add(
    DEFAULT,
    title="EfficientNet-Lite0 on DFDC and blends",
    source="Tan and Le 2019, arXiv:1905.11946; Dolhansky et al. 2020, arXiv:2006.07397; trained by this project",
)(EfficientNetLite0)
