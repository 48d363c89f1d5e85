"""A detector to measure: with its weights where they are installed, else with random ones of its layout."""

from __future__ import annotations

import torch
from torch import nn

from .architectures.layers import Resize
from .base import DETECTORS
from .calibration.store import calibrated
from .checkpoints.status import state
from .detector import Detector, prepare
from .load import load

SMALL = 96  # pixels inside, while the running statistics are made


def detector_of(name: str, seed: int) -> tuple[Detector, str]:
    """The detector, and whether its weights are "installed" or "random".

    Time and passes depend on the layout only, and so does what a map promises whatever was learnt.
    """
    if state(name).path is not None:
        return calibrated(load(name)), "installed"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return prepare(name, settled(DETECTORS[name].function()), {"sha256": None}), "random"


@torch.no_grad()
def settled(model: nn.Module) -> nn.Module:
    """`model` in eval mode with normalisation that fits its random weights, from a few small random images."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.momentum = 1.0
    resize = next(module for module in model.modules() if isinstance(module, Resize))
    full = resize.size
    if any(isinstance(module, nn.AdaptiveAvgPool2d) for module in model.modules()):
        resize.size = SMALL  # the others have a linear layer that wants their full size
    model.train()(torch.rand(8, 3, 6, 6).repeat_interleave(16, 2).repeat_interleave(16, 3))
    resize.size = full
    return model.eval()
