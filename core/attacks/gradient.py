"""White-box attacks along the sign of the gradient: FGSM and PGD."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..registry import Param
from .base import ATTACKS, EPS

LOSS = Param(
    "loss", "margin", choices=("margin", "cross-entropy"),
    help="What is minimised: the margin of logits (Carlini and Wagner) or the cross entropy towards the target.",
)  # fmt: skip


def loss_towards(logits: Tensor, y: Tensor, loss: str) -> Tensor:
    """The loss (scalar, summed over the batch) whose minimum is the target label `y` (N,), from logits (N, 2).

    margin: Z_other - Z_target. Source: Pinhasov et al. 2024, eq. 1, after Carlini and Wagner 2017. Differs: as printed,
    eq. 1 pushes away from "real"; this is the intended sign, and it is not cut off at zero, so that the attack goes on
    past the border and survives rounding to 8 bits.
    """
    if loss == "cross-entropy":
        return functional.cross_entropy(logits, y, reduction="sum")
    target = logits.gather(1, y[:, None])
    return (logits.sum(1, keepdim=True) - 2 * target).sum()


def input_gradient(model: nn.Module, x: Tensor, y: Tensor, loss: str) -> Tensor:
    """The gradient of the loss for the input alone (N, 3, H, W): no weight collects one."""
    x = x.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(loss_towards(model(x), y, loss), x)
    return gradient


@ATTACKS.add(
    "fgsm",
    title="FGSM",
    source="Goodfellow et al. 2015, arXiv:1412.6572, section 4",
    params=(EPS, LOSS),
    norm="L-inf",
    box="white box",
)
def fgsm(model: nn.Module, x: Tensor, y: Tensor, *, eps: float, loss: str) -> Tensor:
    """One step of `eps` against the sign of the gradient, towards label `y`; x (N, 3, H, W) in [0, 1].

    Differs: targeted. With two classes that is the untargeted step away from the other label.
    """
    return (x - eps * input_gradient(model, x, y, loss).sign()).clamp(0, 1)


@ATTACKS.add(
    "pgd",
    title="PGD",
    source="Madry et al. 2018, arXiv:1706.06083, section 2.1; Pinhasov et al. 2024, eq. 1 and 2",
    params=(
        EPS,
        Param("steps", 40, low=1, high=1000, step=1, help="Steps of the attack. Pinhasov et al. use at most 100."),
        Param(
            "alpha",
            2 / 255,
            low=0.1 / 255,
            high=64 / 255,
            unit="/255",
            scale=255,
            step=0.5,
            help="The size of a step, in 1/255.",
        ),
        LOSS,
        Param("random_start", True, help="Begin at a random point of the ball (Madry et al.)."),
    ),  # fmt: skip
    norm="L-inf",
    box="white box",
)
def pgd(
    model: nn.Module, x: Tensor, y: Tensor, *, eps: float, steps: int, alpha: float, loss: str, random_start: bool
) -> Tensor:
    """`steps` signed gradient steps of `alpha`, each projected into the ball of `eps` about x (N, 3, H, W)."""
    adversarial = x.detach().clone()
    if random_start:
        adversarial = (x + torch.empty_like(x).uniform_(-eps, eps)).clamp(0, 1)
    for _ in range(steps):
        moved = adversarial - alpha * input_gradient(model, adversarial, y, loss).sign()
        adversarial = torch.minimum(torch.maximum(moved, x - eps), x + eps).clamp(0, 1)
    return adversarial
