"""Give detectors for measurements: with installed weights, else randomly initialised."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from .architectures.layers import Resize
from .base import DETECTORS
from .calibration.store import calibrated
from .checkpoints.status import card_of, state
from .detector import Detector, prepare
from .load import load

SMALL = 96  # pixels inside, while the running statistics are made


def installed_or_random(name: str, seed: int) -> tuple[Detector, str]:
    """Return the detector, and whether its weights are "installed" or "random".

    Time, passes and completeness depend on the architecture only.
    """
    if state(name).path is not None:
        return calibrated(load(name)), "installed"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        card = replace(card_of(name), sha256=None, note=f"Random weights, seed {seed}.")
        return prepare(name, reestimate_batchnorm(DETECTORS[name].function()), card), "random"


@torch.no_grad()
def reestimate_batchnorm(model: nn.Module) -> nn.Module:
    """Fit batch normalisation to random weights by a few random images.

    Returns the model in eval mode.
    """
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
