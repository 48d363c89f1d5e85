"""Build the networks of cats and dogs: a narrow VGG, VGG16 itself."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import vgg16

from ..detectors.architectures.layers import ConvNorm, Normalize, fuse_batchnorm
from ..storage.checkpoints import read_checkpoint
from ..types import InputError

WIDTHS, HIDDEN, CLASSES = (16, 48, 96, 128), 128, 2  # channels of the narrow network's blocks; its hidden units
IMAGENET = "vgg16-397923af.pth"  # torchvision's VGG16_Weights.IMAGENET1K_V1
IMAGENET_FORM = f"torchvision's state dict of VGG16 on ImageNet, https://download.pytorch.org/models/{IMAGENET}"
LAST = "classifier.6."  # its last layer
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Hold how a network is trained.

    epochs; rate: the largest learning rate; falls: whether it rises and falls by a cosine, else 1 / (1 + decay t);
    decay: of the rate, as in Keras; batch; augmented: shifts, mirrors, lightness; again, again_rate: epochs of a
    retraining and its largest rate; frozen_norm: whether batch normalisation keeps its means and variances.
    """

    epochs: int
    rate: float
    falls: bool
    decay: float
    batch: int
    augmented: bool
    again: int
    again_rate: float
    frozen_norm: bool = False


RECIPES = {
    "narrow": Recipe(20, 0.04, True, 0.0, 32, True, 8, 0.03),
    "vgg16": Recipe(60, 0.001, False, 1e-6, 32, True, 8, 0.001),
    "vgg16-imagenet": Recipe(5, 0.001, False, 1e-6, 32, True, 2, 0.001),
}


class NarrowVgg(nn.Module):
    """Classify pictures (N, 3, 112, 112) in [0, 1] by four blocks of VGG's kind; logits (N, 2).

    A block is a 3 x 3 convolution, batch normalisation, ReLU and max-pooling; the first convolution steps by two. Then
    two linear layers over the flattened 3 x 3 places.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for width in WIDTHS:
            conv = ConvNorm(inputs, width, 3, stride=2 if inputs == 3 else 1)
            layers += [conv, nn.ReLU(), nn.MaxPool2d(2)]
            inputs = width
        self.features = nn.Sequential(*layers)
        linear = [nn.Flatten(), nn.Dropout(0.4), nn.Linear(inputs * 9, HIDDEN), nn.ReLU(), nn.Dropout(0.3)]
        self.classifier = nn.Sequential(*linear, nn.Linear(HIDDEN, CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.classifier(self.features(x))
        return logits


def build(name: str, data: Path) -> nn.Module:
    """Build a network of `RECIPES` with first weights.

    `data`: the study's folder, where the ImageNet weights lie that `vgg16-imagenet` begins with.
    """
    if name == "narrow":
        return NarrowVgg()
    given = _imagenet(data / IMAGENET) if name == "vgg16-imagenet" else None
    network = vgg16(num_classes=CLASSES, init_weights=given is None)
    for layers in (network.features, network.classifier):
        for key, layer in layers.named_children():
            if isinstance(layer, nn.ReLU):
                setattr(layers, key, nn.ReLU())  # never in place: attribution reads what goes in
    if given is not None:
        own = {key: value for key, value in network.state_dict().items() if key.startswith(LAST)}
        try:
            network.load_state_dict(given | own)
        except RuntimeError:
            raise InputError(f"{IMAGENET} is not {IMAGENET_FORM}") from None
    return nn.Sequential(Normalize(MEAN, DEVIATION), network)


def _imagenet(path: Path) -> dict[str, Tensor]:
    """Read all layers but the last, which has other classes."""
    if not path.is_file():
        raise InputError(f"the network vgg16-imagenet begins with {IMAGENET} in the data's folder ({IMAGENET_FORM})")
    return {key: value for key, value in read_checkpoint(path).items() if not key.startswith(LAST)}


def for_inference(network: nn.Module) -> nn.Module:
    """Return a frozen copy in eval mode, its batch normalisation joined with the convolutions."""
    fused = fuse_batchnorm(copy.deepcopy(network).eval()).requires_grad_(False)
    return fused.to(memory_format=torch.channels_last)
