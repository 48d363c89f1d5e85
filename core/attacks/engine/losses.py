"""Compute the losses that attacks descend, and their gradients."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ...detectors.inference_queue import give_way
from ...registry import Param
from .logits import margin
from .query import Query

LOSS = Param(
    "loss",
    "margin",
    choices=("margin", "cross-entropy"),
    help="What is minimised: the margin of logits (Carlini and Wagner) or the cross entropy towards the target.",
)


def loss_of(logits: Tensor, y: Tensor, loss: str, kappa: float | None = None) -> Tensor:
    """Return the loss (N,) whose minimum is the target.

    Args:
        logits: (N, C).
        y: target labels (N,); ~c wants any label but c, and its cross entropy is that of c, negated.
        loss: "margin", which is max(Z_other - Z_target, -kappa), or "cross-entropy".
        kappa: in logits; None: the margin is not cut off, so that the attack goes on past the decision boundary and
            survives rounding to 8 bits.

    Source: Pinhasov et al. 2024, eq. 1, after Carlini and Wagner 2017, eq. 6.
    Differs: as printed, eq. 1 pushes away from "real"; this is the intended sign.
    """
    if loss == "cross-entropy":
        if logits.shape[-1] == 2:
            return functional.cross_entropy(logits, torch.where(y < 0, y + 2, y), reduction="none")
        away = torch.where(y < 0, -1, 1).to(logits.dtype)
        return away * functional.cross_entropy(logits, torch.where(y < 0, ~y, y), reduction="none")
    margins = margin(logits, y)
    return margins if kappa is None else margins.clamp_min(-kappa)


def input_gradient(
    model: Query, x: Tensor, y: Tensor, loss: str, kappa: float | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Compute the gradient of the loss for the images, in one pass each way.

    With two classes the margin is one number, with more the one to the nearest rival. No weight collects a gradient.
    Where a gradient is not a number it is 0, so that one bad pixel does not spoil the image.

    Args:
        model: the query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        loss: see `loss_of`; so `kappa`.
        kappa: in logits.

    Returns:
        The gradient (N, 3, H, W), the loss (N,) and the logits (N, C).
    """
    x = x.detach().requires_grad_(True)
    logits = model(x)
    values = loss_of(logits, y, loss, kappa)
    give_way()  # a verdict waits for half a step only
    (gradient,) = torch.autograd.grad(values.sum(), x)
    return gradient.nan_to_num(0.0, 0.0, 0.0), values.detach(), logits.detach()
