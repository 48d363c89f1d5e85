"""DeepFool in both norms: the smallest change from linearised margins."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ...registry import Param
from ..base import ATTACKS, EPS, EPS_L2
from ..engine.counted_model import Oracle, margin, per_picture, retire
from ..engine.decision_boundary import crossing, dot
from ..engine.parameters import steps_param
from ..engine.quantisation import settled

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
