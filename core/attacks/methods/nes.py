"""Run NES: estimate gradients from queries."""

from __future__ import annotations

import torch
from torch import Tensor

from ...registry import Param
from ..base import ATTACKS, EPS, AttackFacts
from ..engine.logits import margin, per_image
from ..engine.parameters import alpha_param, steps_param
from ..engine.projection import clip_linf
from ..engine.query import Query


def estimate_gradient(model: Query, x: Tensor, y: Tensor, *, sigma: float, samples: int) -> tuple[Tensor, Tensor]:
    """Estimate the margin's gradient from queries.

    Antithetic Gaussian samples: 1 / (samples sigma) times the sum of (f(x + sigma u) - f(x - sigma u)) u, u drawn once
    for the whole batch. Source: Ilyas et al. 2018, arXiv:1804.08598, algorithm 1; Qiu et al. 2021.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        sigma: spread of the samples.
        samples: queries of each image.

    Returns:
        The gradient (N, 3, H, W), and the largest margin (N,) that was seen.
    """
    estimate, worst = torch.zeros_like(x), torch.full((len(x),), -torch.inf)
    for _ in range(samples // 2):
        u = torch.randn(x[:1].shape, generator=model.generator)
        margins = margin(model(torch.cat([x + sigma * u, x - sigma * u]), x), y.repeat(2)).view(2, -1)
        estimate += per_image(margins[0] - margins[1]) * u
        worst = torch.maximum(worst, margins.amax(0))
    return estimate / (samples * sigma), worst


@ATTACKS.add(
    "nes",
    title="NES",
    source="Qiu et al. 2021, GECCO Companion, pages 1827 to 1833; Ilyas et al. 2018, arXiv:1804.08598, algorithm 1",
    params=(
        EPS,
        steps_param(100, "Iterations of a run. Pinhasov et al. use at most 100."),
        alpha_param(1),
        Param("samples", 20, low=2, high=200, step=2, help="Queries for one estimate of the gradient; an even number."),
        Param("sigma", 0.01, low=1e-4, high=0.05, step=0.001, help="The spread of the samples about the image."),
        Param("restarts", 5, low=1, high=20, step=1, help="Runs from new random starts, until one succeeds."),
    ),
    facts=AttackFacts(
        norm="Linf",
        access="black",
        presets={"pinhasov2024": {"eps": 16 / 255, "steps": 100, "alpha": 1 / 255, "restarts": 5}},
        passes=lambda s: (s["restarts"] * s["steps"] * (s["samples"] // 2 * 2), 0),
    ),
)
@torch.inference_mode()
def nes(
    model: Query,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    steps: int,
    alpha: float,
    samples: int,
    sigma: float,
    restarts: int,
) -> Tensor:
    """Take signed steps along gradients that are estimated from queries.

    The first run begins at the image, the others at random points of the ball. An image is adversarial, and left alone,
    when all samples about it are predicted the target. Differs: the run keeps to multiples of 1/255 where `alpha` does.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, in [0, 1].
        steps: how many steps.
        alpha: length of a step, in [0, 1].
        samples: queries for one estimate.
        sigma: spread of the samples.
        restarts: runs at most.
    """
    best, lowest = x, torch.full((len(x),), torch.inf)
    for run in range(restarts):
        start = (
            torch.empty_like(x[:1]).uniform_(-eps, eps, generator=model.generator) if run else torch.zeros_like(x[:1])
        )
        at = clip_linf(x + (start * 255).round() / 255, x, eps)
        for _ in range(steps):
            gradient, worst = estimate_gradient(model, at, y, sigma=sigma, samples=samples)
            better = worst < lowest
            best, lowest = torch.where(per_image(better), at, best), torch.where(better, worst, lowest)
            if model.retire(lowest < 0):
                return best
            at = clip_linf(at - alpha * gradient.sign(), x, eps)
    return best
