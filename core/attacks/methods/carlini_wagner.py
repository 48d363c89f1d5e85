"""Run Carlini and Wagner's L2 attack."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ...registry import Param
from ..base import ATTACKS, EPS_L2, AttackFacts
from ..engine.logits import margin, per_image
from ..engine.parameters import steps_param
from ..engine.query import Query


@ATTACKS.add(
    "cw",
    title="Carlini and Wagner (L2)",
    source="Carlini and Wagner 2017, arXiv:1608.04644, section VI.A",
    params=(
        EPS_L2,
        steps_param(60, "Steps of Adam for each constant. The paper takes up to 10,000."),
        Param("searches", 5, low=1, high=20, step=1, help="Steps of the binary search on the constant c."),
        Param("c", 0.1, low=1e-4, high=1000, step=0.1, help="The first constant: the weight of success."),
        Param("kappa", 0.0, low=0, high=100, step=0.5, unit="logits", help="How far past the decision boundary to go."),
        Param("rate", 0.01, low=1e-4, high=1, step=0.005, help="Adam's learning rate in tanh space."),
    ),
    facts=AttackFacts(
        norm="L2",
        access="white",
        minimum_norm=True,
        presets={"carlini2017": {"steps": 1000, "searches": 9, "c": 0.001, "kappa": 0.0, "rate": 0.01}},
        passes=lambda settings: (settings["steps"] * settings["searches"],) * 2,
    ),
)
def cw(
    model: Query,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    steps: int,
    searches: int,
    c: float,
    kappa: float,
    rate: float,
) -> Tensor:
    """Minimise |change|^2 + c max(margin, -kappa) by Adam in tanh space.

    Each image has its own c, by binary search. Differs: clipped to the length `eps`; scaled until its 8-bit rounding is
    adversarial too.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L2 budget, values in [0, 1].
        steps: of Adam, for each c.
        searches: steps of the binary search.
        c: the first constant.
        kappa: how far past the boundary the margin goes, in logits.
        rate: Adam's learning rate in tanh space.
    """
    best, shortest = x.clone(), torch.full((len(x),), torch.inf)
    low, high, weight = torch.zeros(len(x)), torch.full((len(x),), torch.inf), torch.full((len(x),), c)
    for _ in range(searches):
        adversarial = torch.zeros(len(x), dtype=torch.bool)
        for changed, margins, length in _adam(model, x, y, weight, steps=steps, kappa=kappa, rate=rate):
            reached = margins <= -kappa if kappa else margins < 0
            shorter = reached & (length < shortest)
            best = torch.where(per_image(shorter), changed, best)
            shortest, adversarial = torch.where(shorter, length, shortest), adversarial | reached
        low, high = torch.where(adversarial, low, weight), torch.where(adversarial, weight, high)
        weight = torch.where(high.isinf(), weight * 10, (low + high) / 2)
    return best


def _adam(
    model: Query, x: Tensor, y: Tensor, weight: Tensor, *, steps: int, kappa: float, rate: float
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Take Adam's steps; yield images (N, 3, H, W), margins (N,) and squared lengths (N,) at each."""
    point = torch.atanh((2 * x - 1) * (1 - 1e-6))
    first, second = torch.zeros_like(x), torch.zeros_like(x)
    for step in range(1, steps + 1):
        tanh = point.tanh()
        changed = ((tanh + 1) / 2).requires_grad_(True)
        margins = margin(model(changed), y)
        (gradient,) = torch.autograd.grad(margins.sum(), changed)
        changed, margins = changed.detach(), margins.detach()
        gradient = gradient * per_image(weight * (margins > -kappa))
        change = changed - x
        yield changed, margins, change.square().flatten(1).sum(1)
        slope = (gradient.nan_to_num(0.0, 0.0, 0.0) + 2 * change) * (1 - tanh.square()) / 2
        first, second = first.lerp(slope, 0.1), second.lerp(slope.square(), 0.001)
        point = point - rate * (first / (1 - 0.9**step)) / ((second / (1 - 0.999**step)).sqrt() + 1e-8)
