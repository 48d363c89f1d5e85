"""Losses that attacks descend, and their gradients."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...registry import Param
from .counted_model import margin

LOSS = Param(
    "loss",
    "margin",
    choices=("margin", "cross-entropy"),
    help="What is minimised: the margin of logits (Carlini and Wagner) or the cross entropy towards the target.",
)


def loss_of(logits: Tensor, y: Tensor, loss: str, kappa: float | None = None) -> Tensor:
    """The loss (N,) whose minimum is the target label `y` (N,), from logits (N, 2).

    margin: max(Z_other - Z_target, -kappa). Source: Pinhasov et al. 2024, eq. 1, after Carlini and Wagner 2017, eq. 6.
    Differs: as printed, eq. 1 pushes away from "real"; this is the intended sign. Without `kappa` it is not cut off, so
    that the attack goes on past the border and survives rounding to 8 bits.
    """
    if loss == "cross-entropy":
        return functional.cross_entropy(logits, y, reduction="none")
    gap = margin(logits, y)
    return gap if kappa is None else gap.clamp_min(-kappa)


def input_gradient(
    model: nn.Module, x: Tensor, y: Tensor, loss: str, kappa: float | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient of the loss for the picture alone (N, 3, H, W), the loss (N,) and the logits (N, 2).

    One pass forward and one back: with two classes the margin is one number. No weight collects a gradient. Where a
    gradient is not a number it is 0, so that one bad pixel does not spoil the picture.
    """
    x = x.detach().requires_grad_(True)
    logits = model(x)
    values = loss_of(logits, y, loss, kappa)
    (gradient,) = torch.autograd.grad(values.sum(), x)
    return gradient.nan_to_num(0.0, 0.0, 0.0), values.detach(), logits.detach()
