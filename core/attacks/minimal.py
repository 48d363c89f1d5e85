"""White-box attacks for the smallest change: DeepFool in both norms, and Carlini and Wagner's L2 attack."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..registry import Param
from .base import ATTACKS, EPS, EPS_L2
from .borders import crossing, dot
from .gradient import steps_param
from .least import settled
from .oracle import Oracle, margin, per_picture, retire

OVERSHOOT = Param(
    "overshoot", 0.02, low=0, high=1, step=0.01, help="How much further than the border is gone, as a share."
)
# Behind the door, how many times the decline of the margin that is needed is asked of a step's forecast: the first, the
# second, more of each later one, the most. A network's margin declines by less than its gradient says, the more the
# farther: on forgeries of training faces this takes 2.0 steps in place of 2.7 and the change is a fifth longer. Where
# the margin is nearly straight the change is longer by as much for nothing.
FIRST, SECOND, LATER, MOST = 1.25, 1.5, 0.3, 4.0


def _asked(step: int) -> float:
    return FIRST if step == 0 else min(SECOND + LATER * (step - 1), MOST)


def _deepfool(model: nn.Module, x: Tensor, y: Tensor, *, steps: int, overshoot: float, norm: str) -> Tensor:
    """Newton's steps to the border; a picture that crossed it stands still, and the last gradient is not taken."""
    watched = isinstance(model, Oracle) and bool(model.norm)
    spare, at, border = model.spare if isinstance(model, Oracle) else 0.0, x, None
    for step in range(steps + 1):
        at = at.detach().requires_grad_(step < steps)
        gap = margin(model(at), y) + spare
        open_ = (gap > 0).detach()
        retire(model, ~open_)
        if step == steps or not bool(open_.any()):
            break
        (gradient,) = torch.autograd.grad(gap.sum(), at)
        slope = gradient.nan_to_num(0.0, 0.0, 0.0).flatten(1).neg_()
        wanted = gap.detach() * (1 + overshoot) * (_asked(step) if watched else 1.0) + 3 * spare
        gone = border.change if border is not None and not watched else (at.detach() - x).flatten(1)
        border = crossing(border, gone, slope, wanted, norm)  # what the box cut off of `gone` is asked for again
        if isinstance(model, Oracle) and watched:
            moved = settled(model, border, slope, wanted + dot(slope, gone))
        else:
            moved = (x + border.change.view_as(x)).clamp(0, 1)
        at = moved if bool(open_.all()) else torch.where(per_picture(open_), moved, at)
    return at.detach()


def _newton_passes(settings: dict[str, Any]) -> tuple[int, int]:
    return settings["steps"] + 1, settings["steps"]


@ATTACKS.add(
    "deepfool",
    title="DeepFool (L-inf)",
    source="Moosavi-Dezfooli et al. 2016, arXiv:1511.04599, algorithm 1 and section 3.3 (p = infinity)",
    params=(EPS, steps_param(50, "Newton's steps at most."), OVERSHOOT),
    norm="Linf",
    box="white",
    least=True,
    half=True,
    presets={
        "moosavi2016": {"steps": 50, "overshoot": 0.02},
        "arif": {"eps": 0.2},
    },
    passes=_newton_passes,
)
def deepfool(model: nn.Module, x: Tensor, y: Tensor, *, eps: float, steps: int, overshoot: float) -> Tensor:
    """The smallest L-inf change to the border, from linearised margins; x (N, 3, H, W) in [0, 1].

    Differs: two classes have one border, so one gradient a step is enough; a step leads to the smallest change across
    all borders met so far and not on from the last one (`crossing`); the change is cut to `eps` (as in the sweeps of
    Arif); behind the door each picture asked about is one of 8 bits, lengthened until it is foreseen to fool by more
    than enough (`FIRST`), which saves steps.
    """
    return _deepfool(model, x, y, steps=steps, overshoot=overshoot, norm="Linf")


@ATTACKS.add(
    "deepfool-l2",
    title="DeepFool (L2)",
    source="Moosavi-Dezfooli et al. 2016, arXiv:1511.04599, algorithm 1",
    params=(EPS_L2, steps_param(50, "Newton's steps at most."), OVERSHOOT),
    norm="L2",
    box="white",
    least=True,
    half=True,
    presets={"moosavi2016": {"steps": 50, "overshoot": 0.02}},
    passes=_newton_passes,
)
def deepfool_l2(model: nn.Module, x: Tensor, y: Tensor, *, eps: float, steps: int, overshoot: float) -> Tensor:
    """The smallest L2 change to the border, from linearised margins; x (N, 3, H, W) in [0, 1].

    Differs: as `deepfool`; cut to the length `eps`.
    """
    return _deepfool(model, x, y, steps=steps, overshoot=overshoot, norm="L2")


@ATTACKS.add(
    "cw",
    title="Carlini and Wagner (L2)",
    source="Carlini and Wagner 2017, arXiv:1608.04644, section VI.A",
    params=(
        EPS_L2,
        steps_param(60, "Steps of Adam for each constant. The paper takes up to 10,000."),
        Param("searches", 5, low=1, high=20, step=1, help="Steps of the binary search on the constant c."),
        Param("c", 0.1, low=1e-4, high=1000, step=0.1, help="The first constant: the weight of being fooled."),
        Param("kappa", 0.0, low=0, high=100, step=0.5, unit="logits", help="How far past the border the margin goes."),
        Param("rate", 0.01, low=1e-4, high=1, step=0.005, help="Adam's learning rate in tanh space."),
    ),
    norm="L2",
    box="white",
    least=True,
    presets={"carlini2017": {"steps": 1000, "searches": 9, "c": 0.001, "kappa": 0.0, "rate": 0.01}},
    passes=lambda settings: (settings["steps"] * settings["searches"],) * 2,
)
def cw(
    model: nn.Module,
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
    """Adam on |change|^2 + c max(margin, -kappa) in tanh space, c by binary search; x (N, 3, H, W) in [0, 1].

    Each picture has its own c. Differs: cut to the length `eps`; lengthened until its 8-bit rounding is fooled too.
    """
    best, shortest = x.clone(), torch.full((len(x),), torch.inf)
    low, high, weight = torch.zeros(len(x)), torch.full((len(x),), torch.inf), torch.full((len(x),), c)
    for _ in range(searches):
        fooled = torch.zeros(len(x), dtype=torch.bool)
        for changed, gap, length in _adam(model, x, y, weight, steps=steps, kappa=kappa, rate=rate):
            there = gap <= -kappa if kappa else gap < 0
            shorter = there & (length < shortest)
            best = torch.where(per_picture(shorter), changed, best)
            shortest, fooled = torch.where(shorter, length, shortest), fooled | there
        low, high = torch.where(fooled, low, weight), torch.where(fooled, weight, high)
        weight = torch.where(high.isinf(), weight * 10, (low + high) / 2)
    return best


def _adam(model: nn.Module, x: Tensor, y: Tensor, weight: Tensor, *, steps: int, kappa: float, rate: float) -> Any:
    """Adam's steps: pictures (N, 3, H, W), margins (N,) and squared lengths (N,) at each."""
    point = torch.atanh((2 * x - 1) * (1 - 1e-6))
    first, second = torch.zeros_like(x), torch.zeros_like(x)
    for step in range(1, steps + 1):
        tanh = point.tanh()
        changed = ((tanh + 1) / 2).requires_grad_(True)
        gap = margin(model(changed), y)
        (gradient,) = torch.autograd.grad(gap.sum(), changed)
        changed, gap = changed.detach(), gap.detach()
        gradient = gradient * per_picture(weight * (gap > -kappa))
        change = changed - x
        yield changed, gap, change.square().flatten(1).sum(1)
        slope = (gradient.nan_to_num(0.0, 0.0, 0.0) + 2 * change) * (1 - tanh.square()) / 2
        first, second = first.lerp(slope, 0.1), second.lerp(slope.square(), 0.001)
        point = point - rate * (first / (1 - 0.9**step)) / ((second / (1 - 0.999**step)).sqrt() + 1e-8)
