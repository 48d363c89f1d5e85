"""Build Detect-ResNet on pretrained backbones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn
from torchvision.models import resnet50

from ..attack_detectors.detect_resnet import Backbone, DetectResNet
from ..detectors.architectures import efficientnet_lite
from ..detectors.architectures.layers import Normalize
from ..detectors.pretrained_starts import imagenet_lite0
from ..storage.checkpoints import read_checkpoint
from ..types import InputError

FILES = ("resnet50-0676ba61.pth", "resnet50-11ad3fa6.pth")  # torchvision's ResNet50_Weights.IMAGENET1K_V1 and _V2
FORM = f"torchvision's state dict of ResNet-50 on ImageNet, https://download.pytorch.org/models/{FILES[0]}"
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
RGB = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PretrainedBackbone:
    """Describe a pretrained backbone.

    build: takes the study's data folder; size: pixels of a side of what it reads; rate: learning rate of its weights
    where they are finetuned, the head's own being the paper's.
    """

    build: Callable[[Path], Backbone]
    size: int
    rate: float


def _signed(mean: RGB, deviation: RGB) -> Normalize:
    """Normalise what lies in [-1, 1], as maps do, by figures of [0, 1]."""
    red, green, blue = (2 * value - 1 for value in mean)
    scales = (2 * deviation[0], 2 * deviation[1], 2 * deviation[2])
    return Normalize((red, green, blue), scales)


def _lite0(_: Path) -> Backbone:
    network = imagenet_lite0()
    layers = (network.stem, network.blocks, network.head, network.pool, network.flatten)
    trunk = nn.Sequential(_signed((127 / 255,) * 3, (128 / 255,) * 3), *layers)
    return Backbone(trunk, efficientnet_lite.WIDTH, efficientnet_lite.SIZE)


def _resnet50(data: Path) -> Backbone:
    """Read ResNet-50 from a file in the data's folder."""
    there = [data / name for name in FILES if (data / name).is_file()]
    if not there:
        raise InputError(f"the backbone resnet50 begins with {FILES[0]} in the data's folder: {FORM}")
    network = resnet50()
    try:
        network.load_state_dict(read_checkpoint(there[0]))
    except RuntimeError:
        raise InputError(f"{there[0].name} is not {FORM}") from None
    width = network.fc.in_features
    network.fc = nn.Identity()
    return Backbone(nn.Sequential(_signed(MEAN, DEVIATION), network), width, 224)


BACKBONES = {
    "efficientnet-lite0": PretrainedBackbone(_lite0, efficientnet_lite.SIZE, 1e-4),
    "resnet50": PretrainedBackbone(_resnet50, 224, 1e-3),
}


def build_detect_resnet(backbone: str, data: Path) -> DetectResNet:
    """Build Detect-ResNet with a pretrained backbone and a fresh head."""
    return DetectResNet(BACKBONES[backbone].build(data))
