"""Run PGD on the expectation over JPEG, resizing and blur, to survive sharing."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...media.codecs import jpeg_roundtrip
from ...registry import Param
from ...types import Settings
from ..base import ATTACKS, EPS, AttackFacts
from ..engine.losses import LOSS, loss_of
from ..engine.parameters import alpha_param, steps_param
from ..engine.projection import clip_linf
from ..engine.query import Query

TAPS = 3  # the blur reaches this many pixels to each side


def through_jpeg(x: Tensor, quality: int) -> Tensor:
    """Apply JPEG to x (N, 3, H, W) in [0, 1]; its gradient is the identity (Athalye et al. 2018).

    The codec takes one image at a time.
    """
    images = (x.detach() * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    coded = np.stack([jpeg_roundtrip(image, quality) for image in images])
    after = torch.from_numpy(coded).permute(0, 3, 1, 2).to(x.dtype) / 255
    return x + (after - x).detach()


def through_resize(x: Tensor, share: float) -> Tensor:
    """Shrink x (N, 3, H, W) to `share` of its sides, with antialiasing, and enlarge it back."""
    height, width = x.shape[2:]
    small = (max(1, round(height * share)), max(1, round(width * share)))
    shrunk = functional.interpolate(x, small, mode="bilinear", antialias=True, align_corners=False)
    return functional.interpolate(shrunk, (height, width), mode="bilinear", align_corners=False)


def through_blur(x: Tensor, sigma: float) -> Tensor:
    """Blur x (N, 3, H, W) with a Gaussian of `sigma` pixels, edges repeated."""
    weights = torch.tensor([math.exp(-(offset**2) / (2 * sigma**2)) for offset in range(-TAPS, TAPS + 1)])
    kernel = (weights / weights.sum()).repeat(3, 1)
    padded = functional.pad(x, (TAPS, TAPS, TAPS, TAPS), mode="replicate")
    rows = functional.conv2d(padded, kernel[:, None, :, None], groups=3)
    return functional.conv2d(rows, kernel[:, None, None, :], groups=3)


def transformed(x: Tensor, samples: int, generator: torch.Generator) -> Tensor:
    """Make `samples` copies (samples * N, 3, H, W) of x: as it is, then JPEG, resizing, blur in turn."""
    copies = [x]
    for number in range(samples - 1):
        draw = float(torch.rand((), generator=generator))
        kind = number % 3
        if kind == 0:
            copies.append(through_jpeg(x, round(30 + 65 * draw)))
        elif kind == 1:
            copies.append(through_resize(x, 0.5 + 0.4 * draw))
        else:
            copies.append(through_blur(x, 0.4 + 0.8 * draw))
    return torch.cat(copies)


def _passes(settings: Settings) -> tuple[int, int]:
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
    facts=AttackFacts(
        norm="Linf",
        detectors_only=True,
        access="white",
        bf16=True,
        passes=_passes,
    ),
)
def robust(
    model: Query, x: Tensor, y: Tensor, *, eps: float, steps: int, alpha: float, samples: int, loss: str
) -> Tensor:
    """Run PGD on the mean loss over transformed copies.

    An image counts as adversarial when all of a step's copies are. Differs: JPEG, resizing and blur of drawn strength
    in turn; Hussain et al. draw blur, resizing, noise and shifts, and treat compression apart.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, in [0, 1].
        steps: how many steps.
        alpha: length of a step, in [0, 1].
        samples: copies a step.
        loss: see `loss_of`.
    """
    at = x
    for _ in range(steps):
        at = at.detach().requires_grad_(True)
        logits = model(transformed(at, samples, model.generator), at.detach())
        (gradient,) = torch.autograd.grad(loss_of(logits, y.repeat(samples), loss).sum(), at)
        at = clip_linf(at.detach() - alpha * gradient.nan_to_num(0.0, 0.0, 0.0).sign(), x, eps)
    return at
