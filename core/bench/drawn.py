"""A detector for a bench: with its weights where they are installed, else with random ones of its layout."""

from __future__ import annotations

import torch
from torch import nn

from ..detectors import DETECTORS, Detector
from ..detectors.base import ready
from ..detectors.layers import Resize
from ..detectors.store import state
from ..pipeline import load_detector

SMALL = 96  # pixels inside, while the running statistics are made


def detector_of(name: str, seed: int) -> tuple[Detector, str]:
    """The detector, and whether its weights are "installed" or "random": time and passes depend on the layout only."""
    if state(name).path is not None:
        return load_detector(name), "installed"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ready(name, settled(DETECTORS[name].function()), {"sha256": None}), "random"


@torch.no_grad()
def settled(model: nn.Module) -> nn.Module:
    """`model` in eval mode with normalisation that fits its random weights, from a few small random pictures."""
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
