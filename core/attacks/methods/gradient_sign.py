"""Step along the sign of the gradient: FGSM, BIM, PGD and MI-FGSM."""

from __future__ import annotations

import torch
from torch import Tensor

from ...registry import Param
from ..base import ATTACKS, EPS, AttackFacts
from ..engine.losses import LOSS, input_gradient
from ..engine.parameters import alpha_param, each_step, steps_param
from ..engine.projection import clip_linf, linf_bounds
from ..engine.query import Query

UNCUT = 1000.0


@ATTACKS.add(
    "fgsm",
    title="FGSM",
    source="Goodfellow et al. 2015, arXiv:1412.6572, section 4",
    params=(EPS, LOSS),
    facts=AttackFacts(
        norm="Linf",
        access="white",
        bf16=True,
        presets={
            "pinhasov2024": {"eps": 16 / 255, "loss": "margin"},
            "arif": {"eps": 0.2, "loss": "cross-entropy"},
        },
        passes=lambda settings: (1, 1),
    ),
)
def fgsm(model: Query, x: Tensor, y: Tensor, *, eps: float, loss: str) -> Tensor:
    """Take one step against the sign of the gradient.

    Differs: targeted. With two classes that is the untargeted step away from the other label.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, the length of the step, in [0, 1].
        loss: see `loss_of`.
    """
    return (x - eps * input_gradient(model, x, y, loss)[0].sign()).clamp(0, 1)


def descend(
    model: Query,
    clean: Tensor,
    start: Tensor,
    y: Tensor,
    *,
    eps: float,
    steps: int,
    alpha: float,
    loss: str,
    kappa: float | None = None,
) -> Tensor:
    """Take `steps` signed gradient steps from `start`, each clipped to the ball about `clean`.

    Args:
        model: the query.
        clean: images (N, 3, H, W) in [0, 1].
        start: where the first step begins; as `clean`.
        y: target labels (N,).
        eps: radius of the ball (L-inf), in [0, 1].
        steps: how many.
        alpha: length of a step, in [0, 1].
        loss: see `loss_of`; so `kappa`.
        kappa: in logits.
    """
    x, (low, high) = start, linf_bounds(clean, eps)
    for _ in range(steps):
        gradient = input_gradient(model, x, y, loss, kappa)[0]
        x = gradient.sign_().mul_(-alpha).add_(x).clamp_(low, high)  # in place: fresh memory costs more than arithmetic
    return x


@ATTACKS.add(
    "bim",
    title="BIM",
    source="Kurakin et al. 2017, arXiv:1607.02533, section 2.2",
    params=(
        EPS,
        steps_param(20, "Steps. Kurakin et al. take min(eps + 4, 1.25 eps), 20 at 16/255."),
        alpha_param(1),
        LOSS,
    ),
    facts=AttackFacts(
        norm="Linf",
        access="white",
        bf16=True,
        presets={
            "kurakin2017": {"eps": 16 / 255, "steps": 20, "alpha": 1 / 255, "loss": "cross-entropy"},
            "arif": {"eps": 0.2, "loss": "cross-entropy"},
        },
        passes=each_step,
    ),
)
def bim(model: Query, x: Tensor, y: Tensor, *, eps: float, steps: int, alpha: float, loss: str) -> Tensor:
    """Take FGSM's step in several small ones, from the image itself.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, in [0, 1].
        steps: how many steps.
        alpha: length of a step, in [0, 1].
        loss: see `loss_of`.
    """
    return descend(model, x, x, y, eps=eps, steps=steps, alpha=alpha, loss=loss)


@ATTACKS.add(
    "pgd",
    title="PGD",
    source="Madry et al. 2018, arXiv:1706.06083, section 2.1; Pinhasov et al. 2024, eq. 1 and 2",
    params=(
        EPS,
        steps_param(40, "Steps of the attack. Pinhasov et al. use at most 100."),
        alpha_param(2),
        LOSS,
        Param("random_start", True, help="Begin at a random point of the ball (Madry et al.)."),
        Param(
            "kappa",
            UNCUT,
            low=0,
            high=UNCUT,
            step=1,
            unit="logits",
            help="The margin loss is not pushed below minus kappa: how sure the detector has to be made. 0 is eq. 1.",
        ),
    ),
    facts=AttackFacts(
        norm="Linf",
        access="white",
        bf16=True,
        presets={
            "pinhasov2024": {"eps": 16 / 255, "steps": 100, "loss": "margin"},
            "madry2018": {"eps": 8 / 255, "steps": 20, "alpha": 2 / 255, "loss": "cross-entropy"},
            "arif": {"eps": 0.2, "loss": "cross-entropy"},
        },
        passes=each_step,
    ),
)
def pgd(
    model: Query,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    steps: int,
    alpha: float,
    loss: str,
    random_start: bool,
    kappa: float,
) -> Tensor:
    """Take signed gradient steps from a random start, each clipped to the ball.

    Differs: the random start is drawn once for the whole batch. The steps of Pinhasov et al. go on to the last one;
    eq. 1 stands still at the boundary (kappa 0), from where rounding to 8 bits may fall back.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, in [0, 1].
        steps: how many steps.
        alpha: length of a step, in [0, 1].
        loss: see `loss_of`; so `kappa`.
        random_start: begin at a random point of the ball.
        kappa: in logits.
    """
    start = x
    if random_start:
        start = (x + torch.empty_like(x[:1]).uniform_(-eps, eps, generator=model.generator)).clamp(0, 1)
    return descend(model, x, start, y, eps=eps, steps=steps, alpha=alpha, loss=loss, kappa=kappa)


@ATTACKS.add(
    "mi-fgsm",
    title="MI-FGSM",
    source="Dong et al. 2018, arXiv:1710.06081, algorithm 1",
    params=(
        EPS,
        steps_param(10, "Steps of the attack."),
        alpha_param(1.6),
        Param("decay", 1.0, low=0, high=2, step=0.1, help="How much of the momentum is kept from step to step."),
        LOSS,
    ),
    facts=AttackFacts(
        norm="Linf",
        access="white",
        bf16=True,
        presets={
            "dong2018": {"eps": 16 / 255, "steps": 10, "alpha": 1.6 / 255, "decay": 1.0, "loss": "cross-entropy"},
        },
        passes=each_step,
    ),
)
def mi_fgsm(
    model: Query, x: Tensor, y: Tensor, *, eps: float, steps: int, alpha: float, decay: float, loss: str
) -> Tensor:
    """Run BIM along a momentum of gradients, each divided by its mean magnitude.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, in [0, 1].
        steps: how many steps.
        alpha: length of a step, in [0, 1].
        decay: how much of the momentum is kept.
        loss: see `loss_of`.
    """
    adversarial, momentum = x, torch.zeros_like(x)
    for _ in range(steps):
        gradient = input_gradient(model, adversarial, y, loss)[0]
        size = gradient.abs().mean((1, 2, 3), keepdim=True).clamp_min(1e-30)
        momentum = decay * momentum + gradient / size
        adversarial = clip_linf(adversarial - alpha * momentum.sign(), x, eps)
    return adversarial
