"""Define EfficientNet-B4 as Bonettini et al. and DeepfakeBench train it."""

from __future__ import annotations

import math
from functools import partial
from typing import cast

from torch import Tensor, nn

from ..base import DETECTORS, DetectorFacts
from .layers import Add, BinaryToTwoLogits, ConvNorm, Multiply, Normalize, NormLinear, Resize

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALF = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
EPS = 1e-3
# Stages of B4: blocks, kernel, stride of the first, expansion, channels (Tan and Le 2019, table 1, scaled 1.4 and 1.8).
STAGES = (
    (2, 3, 1, 1, 24),
    (4, 3, 2, 6, 32),
    (4, 5, 2, 6, 56),
    (6, 3, 2, 6, 112),
    (6, 5, 1, 6, 160),
    (8, 5, 2, 6, 272),
    (2, 3, 1, 6, 448),
)
STEM, TOP = 48, 1792
NOMINAL = 380  # the published networks pad as for this size, whatever the size of the image
ATTENTION_AFTER = 9  # this block's output is weighted by the attention


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return TensorFlow's "same" padding (before, after) at a nominal size.

    The odd pixel goes behind.
    """
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def padded(inputs: int, outputs: int, kernel: int, *, stride: int, size: int, groups: int = 1) -> nn.Sequential:
    """Build a convolution with batch normalisation, padded for images of `size`.

    Args:
        inputs: channels.
        outputs: channels.
        kernel: side in pixels.
        stride: in pixels.
        size: nominal side of the input in pixels.
        groups: of the convolution.
    """
    before, after = same_padding(size, kernel, stride)
    conv = ConvNorm(inputs, outputs, kernel, stride=stride, padding=0, groups=groups, eps=EPS)
    return nn.Sequential(nn.ZeroPad2d((before, after, before, after)), conv)


class SqueezeExcite(nn.Module):
    """Scale each channel by a gate computed from all channel means (Hu et al. 2018)."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(channels, squeezed, 1)
        self.silu = nn.SiLU()
        self.expand = nn.Conv2d(squeezed, channels, 1)
        self.sigmoid = nn.Sigmoid()
        self.multiply = Multiply()

    def forward(self, x: Tensor) -> Tensor:
        """Gate the channels of (N, C, H, W)."""
        gate = self.sigmoid(self.expand(self.silu(self.reduce(self.pool(x)))))
        return cast(Tensor, self.multiply(x, gate))


class MBConv(nn.Module):
    """Apply expansion, depthwise convolution, squeeze-and-excite, projection, and a shortcut where shapes allow."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int, expansion: int, size: int) -> None:
        super().__init__()
        inner = inputs * expansion
        expand = nn.Sequential(ConvNorm(inputs, inner, 1, eps=EPS), nn.SiLU())
        self.expand: nn.Module = expand if expansion > 1 else nn.Identity()
        self.depthwise = padded(inner, inner, kernel, stride=stride, size=size, groups=inner)
        self.silu = nn.SiLU()
        self.excite = SqueezeExcite(inner, inputs // 4)
        self.project = ConvNorm(inner, outputs, 1, eps=EPS)
        self.add = Add() if stride == 1 and inputs == outputs else None

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, h, w)."""
        y = self.project(self.excite(self.silu(self.depthwise(self.expand(x)))))
        return cast(Tensor, y if self.add is None else self.add(y, x))


class Attention(nn.Module):
    """Scale features by one map in (0, 1), the sigmoid of a 1x1 convolution.

    Source: Bonettini et al. 2020, arXiv:2004.07676, section III.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 1, 1)
        self.sigmoid = nn.Sigmoid()
        self.multiply = Multiply()

    def forward(self, x: Tensor) -> Tensor:
        """Weight the pixels of (N, C, H, W)."""
        return cast(Tensor, self.multiply(x, self.sigmoid(self.conv(x))))


def _blocks() -> list[nn.Module]:
    found: list[nn.Module] = []
    before, size = STEM, NOMINAL // 2
    for repeats, kernel, first, expansion, width in STAGES:
        for stride in (first, *(1,) * (repeats - 1)):
            found.append(MBConv(before, width, kernel, stride=stride, expansion=expansion, size=size))
            before, size = width, math.ceil(size / stride)
    return found


class Trunk(nn.Module):
    """Map normalised (N, 3, H, W) to features (N, 1792, h, w) at stride 32.

    `attention` weights the output of the tenth block, `stem_padding` False leaves the first convolution unpadded.
    Source: Tan and Le 2019, arXiv:1905.11946; padding and epsilon as in lukemelas/EfficientNet-PyTorch 0.7.1.
    """

    def __init__(self, *, attention: bool, stem_padding: bool) -> None:
        super().__init__()
        self.stem = padded(3, STEM, 3, stride=2, size=NOMINAL)
        if not stem_padding:
            self.stem[0] = nn.Identity()
        self.stem_silu = nn.SiLU()
        blocks = _blocks()
        width = STAGES[2][-1]
        self.early = nn.Sequential(*blocks[: ATTENTION_AFTER + 1])
        self.attention: nn.Module = Attention(width) if attention else nn.Identity()
        self.late = nn.Sequential(*blocks[ATTENTION_AFTER + 1 :])
        self.head = ConvNorm(STAGES[-1][-1], TOP, 1, eps=EPS)
        self.head_silu = nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        """Compute the features of (N, 3, H, W)."""
        x = self.attention(self.early(self.stem_silu(self.stem(x))))
        return cast(Tensor, self.head_silu(self.head(self.late(x))))


class EfficientNetB4(nn.Module):
    """Map (N, 3, H, W) in [0, 1] to (N, 2) logits [real, fake]; 17.6 million parameters.

    `tuned`: the head of the siamese-tuned networks (ST), batch normalisation before the linear layer. `bench`: as
        DeepfakeBench trains it, with two outputs; else one output, the logit "fake".
    """

    def __init__(self, *, attention: bool = False, tuned: bool = False, bench: bool = False) -> None:
        super().__init__()
        self.resize = Resize(256 if bench else 224)
        self.normalize = Normalize(*(HALF if bench else IMAGENET))
        self.trunk = Trunk(attention=attention, stem_padding=not bench)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        outputs = 2 if bench else 1
        self.classifier: nn.Module = NormLinear(TOP, outputs) if tuned else nn.Linear(TOP, outputs)
        self.logits: nn.Module = nn.Identity() if bench else BinaryToTwoLogits()

    def forward(self, x: Tensor) -> Tensor:
        """Compute (N, 2) logits from (N, 3, H, W) in [0, 1]."""
        features = self.flatten(self.pool(self.trunk(self.normalize(self.resize(x)))))
        return cast(Tensor, self.logits(self.classifier(features)))


BONETTINI = "Bonettini et al. 2020, arXiv:2004.07676; github.com/polimi-ispl/icpr2020dfdc"
for _attention, _auto in ((False, ""), (True, "AutoAtt")):
    for _tuned, _st in ((False, ""), (True, "ST")):
        for _data, _on in (("ffpp", "FaceForensics++"), ("dfdc", "DFDC")):
            _layout = f"efficientnet{_auto}b4{_st}".lower()
            DETECTORS.add(
                f"{_layout}-{_data}",
                title=f"EfficientNet{_auto}B4{_st} ({_on})",
                source=BONETTINI,
                facts=DetectorFacts(_layout),
            )(partial(EfficientNetB4, attention=_attention, tuned=_tuned))

DETECTORS.add(
    "efficientnetb4-deepfakebench",
    title="EfficientNet-B4 (DeepfakeBench)",
    source="Yan et al. 2023, arXiv:2307.01426; github.com/SCLBD/DeepfakeBench",
    facts=DetectorFacts("efficientnetb4-deepfakebench"),
)(partial(EfficientNetB4, bench=True))
