"""Define Xception as FaceForensics++ and DeepfakeBench train it."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from ..base import DETECTORS, DetectorFacts
from .layers import Add, ConvNorm, Normalize, Resize

HALF = (0.5, 0.5, 0.5)


def separable(inputs: int, outputs: int) -> nn.Sequential:
    """Build a depthwise 3x3, then a 1x1 convolution with batch normalisation.

    Nothing lies between the two.
    """
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False), ConvNorm(inputs, outputs, 1)
    )


class Block(nn.Module):
    """Apply separable convolutions of `widths` beside a shortcut, a ReLU before each.

    The first ReLU may be left out.
    """

    def __init__(self, inputs: int, widths: tuple[int, ...], *, stride: int = 1, first_relu: bool = True) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = inputs
        for width in widths:
            layers += [nn.ReLU(), separable(before, width)]
            before = width
        if stride > 1:
            layers.append(nn.MaxPool2d(3, stride, 1))
        self.rep = nn.Sequential(*layers[0 if first_relu else 1 :])
        same = before == inputs and stride == 1
        self.skip: nn.Module = nn.Identity() if same else ConvNorm(inputs, before, 1, stride=stride)
        self.add = Add()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, widths[-1], h, w)."""
        return cast(Tensor, self.add(self.rep(x), self.skip(x)))


class Xception(nn.Module):
    """Map (N, 3, H, W) in [0, 1] to (N, 2) logits [real, fake]; 20.8 million parameters.

    `size`: side in pixels that images are resized to.
    Source: Chollet 2017, arXiv:1610.02357, figure 5, with the first two convolutions unpadded.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.resize = Resize(size)
        self.normalize = Normalize(HALF, HALF)
        self.conv1 = ConvNorm(3, 32, 3, stride=2, padding=0)
        self.relu1 = nn.ReLU()
        self.conv2 = ConvNorm(32, 64, 3, padding=0)
        self.relu2 = nn.ReLU()
        self.blocks = nn.Sequential(
            Block(64, (128, 128), stride=2, first_relu=False),
            Block(128, (256, 256), stride=2),
            Block(256, (728, 728), stride=2),
            *(Block(728, (728, 728, 728)) for _ in range(8)),
            Block(728, (728, 1024), stride=2),
        )
        self.conv3 = separable(1024, 1536)
        self.relu3 = nn.ReLU()
        self.conv4 = separable(1536, 2048)
        self.relu4 = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(2048, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Compute (N, 2) logits from (N, 3, H, W) in [0, 1]."""
        x = self.relu1(self.conv1(self.normalize(self.resize(x))))
        x = self.blocks(self.relu2(self.conv2(x)))
        x = self.relu4(self.conv4(self.relu3(self.conv3(x))))
        return cast(Tensor, self.classifier(self.flatten(self.pool(x))))


@DETECTORS.add(
    "xception-ff",
    title="Xception (FaceForensics++)",
    source="Roessler et al. 2019, arXiv:1901.08971; github.com/ondyari/FaceForensics",
    facts=DetectorFacts("xception-ff"),
)
def xception_ff() -> Xception:
    """Build FaceForensics++'s Xception: 299 pixels."""
    return Xception(299)


@DETECTORS.add(
    "xception-deepfakebench",
    title="Xception (DeepfakeBench)",
    source="Yan et al. 2023, arXiv:2307.01426; github.com/SCLBD/DeepfakeBench",
    facts=DetectorFacts("xception-deepfakebench"),
)
def xception_deepfakebench() -> Xception:
    """Build DeepfakeBench's Xception: 256 pixels."""
    return Xception(256)
