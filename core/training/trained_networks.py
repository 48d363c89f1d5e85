"""Define the networks that the trainer knows: start, frozen parts, dense heads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..detectors.architectures.blend_resnet import TOP, WIDTHS, BlendResNet
from ..detectors.architectures.efficientnet_lite import DENSE_AT, DENSE_WIDTH, EfficientNetLite0
from ..detectors.pretrained_starts import imagenet_lite0
from ..types import InputError


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """Describe a network to train.

    `start`: builds it with its first weights; `bare`: without any; `frozen`: modules that stay as they are;
    `dense`: modules whose output predicts the mask, with their channels; `peak`: the highest learning rate.
    """

    start: Callable[[], nn.Module]
    bare: Callable[[], nn.Module]
    frozen: tuple[str, ...]
    dense: dict[str, int]
    peak: float


NETWORKS = {
    "efficientnet-lite0": TrainedNetwork(
        imagenet_lite0,
        EfficientNetLite0,
        (),
        {f"blocks.{DENSE_AT - 1}": DENSE_WIDTH},
        3e-4,
    ),
    "resnet-blend": TrainedNetwork(BlendResNet, BlendResNet, (), {"trunk": WIDTHS[-1], "top": TOP}, 1e-3),
}


class Supervised(nn.Module):
    """Add dense heads to a detector: 1 x 1 convolutions that predict the mask."""

    def __init__(self, network: TrainedNetwork, detector: nn.Module) -> None:
        super().__init__()
        self.detector = detector
        self.dense = nn.ModuleList(nn.Conv2d(channels, 1, 1) for channels in network.dense.values())
        self._seen: dict[str, Tensor] = {}
        for name in network.frozen:
            detector.get_submodule(name).requires_grad_(False)
        for name in network.dense:
            detector.get_submodule(name).register_forward_hook(self._keep(name))

    def _keep(self, name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def hook(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
            self._seen[name] = output

        return hook

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Map (N, 3, H, W) in [0, 1] to logits (N, 2) and mask logits (N, 1, h, w), one for each dense head."""
        logits: Tensor = self.detector(x)
        return logits, [head(seen) for head, seen in zip(self.dense, self._seen.values(), strict=True)]

    def centre(self, mask: Tensor) -> Tensor:
        """Cut a mask (N, 1, h, w) to what the detector looks at."""
        cut = getattr(self.detector, "centre", None)
        return mask if cut is None else cut(mask)


def supervised(name: str, weights: dict[str, Tensor] | None = None, *, seed: int = 0) -> Supervised:
    """Build the network `name` for training, from its start or from `weights`."""
    if name not in NETWORKS:
        raise InputError(f"there is no network {name!r} to train; there are: {', '.join(NETWORKS)}")
    network = NETWORKS[name]
    torch.manual_seed(seed)
    detector = network.start() if weights is None else network.bare()
    if weights is not None:
        detector.load_state_dict(weights)
    return Supervised(network, detector).to(memory_format=torch.channels_last)
