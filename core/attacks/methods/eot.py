"""PGD whose result outlives the way media travel: the expectation over JPEG, resizing and blur."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...media.codecs import jpeg_roundtrip
from ...registry import Param
from ..base import ATTACKS, EPS
from ..engine.counted_model import ask
from ..engine.losses import LOSS, loss_of
from ..engine.parameters import alpha_param, steps_param
from ..engine.projection import to_ball

TAPS = 3  # the blur reaches this many pixels to each side


def through_jpeg(x: Tensor, quality: int) -> Tensor:
    """x (N, 3, H, W) in [0, 1] after JPEG; on the way back the identity (straight through, Athalye et al. 2018).

    The codec takes one picture at a time.
    """
    pictures = (x.detach() * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    coded = np.stack([jpeg_roundtrip(picture, quality) for picture in pictures])
    after = torch.from_numpy(coded).permute(0, 3, 1, 2).to(x.dtype) / 255
    return x + (after - x).detach()


def through_resize(x: Tensor, share: float) -> Tensor:
    """x (N, 3, H, W) shrunk to `share` of its sides, with antialiasing, and enlarged back."""
    height, width = x.shape[2:]
    small = (max(1, round(height * share)), max(1, round(width * share)))
    shrunk = functional.interpolate(x, small, mode="bilinear", antialias=True, align_corners=False)
    return functional.interpolate(shrunk, (height, width), mode="bilinear", align_corners=False)


def through_blur(x: Tensor, sigma: float) -> Tensor:
    """x (N, 3, H, W) after a Gaussian blur of `sigma` pixels, edges repeated."""
    weights = torch.tensor([math.exp(-(offset**2) / (2 * sigma**2)) for offset in range(-TAPS, TAPS + 1)])
    kernel = (weights / weights.sum()).repeat(3, 1)
    padded = functional.pad(x, (TAPS, TAPS, TAPS, TAPS), mode="replicate")
    rows = functional.conv2d(padded, kernel[:, None, :, None], groups=3)
    return functional.conv2d(rows, kernel[:, None, None, :], groups=3)


def travelled(x: Tensor, samples: int) -> Tensor:
    """`samples` copies (samples * N, 3, H, W) of x: as it is, then JPEG, resizing and blur in turn, strength drawn."""
    copies = [x]
    for number in range(samples - 1):
        draw = float(torch.rand(()))
        way = number % 3
        if way == 0:
            copies.append(through_jpeg(x, round(30 + 65 * draw)))
        elif way == 1:
            copies.append(through_resize(x, 0.5 + 0.4 * draw))
        else:
            copies.append(through_blur(x, 0.4 + 0.8 * draw))
    return torch.cat(copies)


def _passes(settings: dict[str, Any]) -> tuple[int, int]:
    return (settings["steps"] * settings["samples"],) * 2


@ATTACKS.add(
    "robust",
    title="Robust PGD (JPEG, resizing, blur)",
    source="Hussain et al. 2021, arXiv:2002.12749, section 4.2.2; Athalye et al. 2018, arXiv:1707.07397, eq. 2",
    params=(
        EPS,
        steps_param(40, "Steps of the attack."),
        alpha_param(2),
        Param("samples", 4, low=1, high=32, step=1, help="Copies a step: as it is, JPEG, resized, blurred in turn."),
        LOSS,
    ),
    norm="Linf",
    box="white",
    presets={},
    half=True,
    passes=_passes,
)
def robust(
    model: nn.Module, x: Tensor, y: Tensor, *, eps: float, steps: int, alpha: float, samples: int, loss: str
) -> Tensor:
    """PGD on the mean loss over copies that travelled, so that the change survives sharing; x (N, 3, H, W) in [0, 1].

    A picture counts as fooled when all of a step's copies are. Differs: JPEG, resizing and blur of drawn strength in
    turn; Hussain et al. draw blur, resizing, noise and shifts, and treat compression apart.
    """
    at = x
    for _ in range(steps):
        at = at.detach().requires_grad_(True)
        logits = ask(model, travelled(at, samples), at.detach())
        (gradient,) = torch.autograd.grad(loss_of(logits, y.repeat(samples), loss).sum(), at)
        at = to_ball(at.detach() - alpha * gradient.nan_to_num(0.0, 0.0, 0.0).sign(), x, eps)
    return at
