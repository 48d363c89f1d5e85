"""Run DeepFool in both norms: linearise the margin, step to the decision boundary."""

from __future__ import annotations

import torch
from torch import Tensor

from ...registry import Param
from ...types import Settings
from ..base import ATTACKS, EPS, EPS_L2, AttackFacts
from ..engine.decision_boundary import Halfspace, dot, intersect, nearest_margin, project_onto_hyperplane
from ..engine.goal import Goal
from ..engine.logits import margin, per_image
from ..engine.parameters import steps_param
from ..engine.quantisation import quantise_step
from ..engine.query import Query

OVERSHOOT = Param(
    "overshoot", 0.02, low=0, high=1, step=0.01, help="How far past the decision boundary to step, as a share."
)
# In 8 bits, how many times the decline of the margin that is needed is asked of a step's prediction: the first, the
# second, more of each later one, the most. A network's margin declines by less than its gradient says, the more the
# farther: on forgeries of training faces this takes 2.0 steps in place of 2.7 and the change is a fifth longer. Where
# the margin is nearly straight the change is longer by as much for nothing.
FIRST_FACTOR, SECOND_FACTOR, FACTOR_GROWTH, MAX_FACTOR = 1.25, 1.5, 0.3, 4.0


def _factor(step: int) -> float:
    return FIRST_FACTOR if step == 0 else min(SECOND_FACTOR + FACTOR_GROWTH * (step - 1), MAX_FACTOR)


def _newton(model: Query, goal: Goal, *, steps: int, overshoot: float) -> Tensor:
    """Step to the boundary; an image that crossed it stands still."""
    x, y, slack = goal.clean, goal.y, model.tolerance
    at, boundary = x, None
    for step in range(steps + 1):
        at = at.detach().requires_grad_(step < steps)
        logits = model(at)
        margins = (nearest_margin(logits, y, at, goal.norm) if step < steps else margin(logits, y)) + slack
        open_ = (margins > 0).detach()
        model.retire(~open_)
        if step == steps or not bool(open_.any()):
            break
        (gradient,) = torch.autograd.grad(margins.sum(), at)
        slope = gradient.nan_to_num(0.0, 0.0, 0.0).flatten(1).neg_()
        missing = margins.detach() * (1 + overshoot)
        if logits.shape[-1] > 2:
            moved = _step_in_box(at.detach(), slope, missing, goal.norm)
        elif model.eight_bit:
            missing = missing * _factor(step) + 3 * slack
            boundary, moved = _step_in_8_bits(goal, boundary, at.detach(), slope, missing, open_)
        else:
            boundary, moved = _step(goal, boundary, slope, missing + 3 * slack)
        at = moved if bool(open_.all()) else torch.where(per_image(open_), moved, at)
    return at.detach()


def _step_in_box(at: Tensor, slope: Tensor, missing: Tensor, norm: str) -> Tensor:
    """Step to the linearised boundary with pixels that have room in [0, 1]."""
    here = at.flatten(1)
    room = torch.where(slope > 0, here < 1, here > 0)
    return (here + project_onto_hyperplane(slope * room, missing, norm)).view_as(at).clamp(0, 1)


def _step(goal: Goal, boundary: Halfspace | None, slope: Tensor, missing: Tensor) -> tuple[Halfspace, Tensor]:
    """Step across all boundaries met so far, in floating point."""
    change = torch.zeros_like(slope) if boundary is None else boundary.change
    boundary = intersect(boundary, change, slope, missing, goal.norm)
    return boundary, (goal.clean + boundary.change.view_as(goal.clean)).clamp(0, 1)


def _step_in_8_bits(
    goal: Goal, boundary: Halfspace | None, at: Tensor, slope: Tensor, missing: Tensor, rows: Tensor
) -> tuple[Halfspace, Tensor]:
    """Step across all boundaries met so far, onto an 8-bit image within budget.

    Args:
        goal: the clean images and the budget.
        boundary: of the steps so far.
        at: images (N, 3, H, W) asked about last: what the box cut off of a change is asked for again.
        slope: gradient (N, P) there, towards the target.
        missing: how much (N,) is to be gained, in logits.
        rows: (N,) the images that are still to be moved.
    """
    change = (at - goal.clean).flatten(1)
    boundary = intersect(boundary, change, slope, missing, goal.norm)
    return boundary, quantise_step(goal, boundary, slope, missing + dot(slope, change), rows)


def _newton_passes(settings: Settings) -> tuple[int, int]:
    return settings["steps"] + 1, settings["steps"]


@ATTACKS.add(
    "deepfool",
    title="DeepFool (L-inf)",
    source="Moosavi-Dezfooli et al. 2016, arXiv:1511.04599, algorithm 1 and section 3.3 (p = infinity)",
    params=(EPS, steps_param(50, "Newton's steps at most."), OVERSHOOT),
    facts=AttackFacts(
        norm="Linf",
        access="white",
        minimum_norm=True,
        bf16=True,
        presets={
            "moosavi2016": {"steps": 50, "overshoot": 0.02},
            "arif": {"eps": 0.2},
        },
        passes=_newton_passes,
    ),
)
def deepfool(model: Query, x: Tensor, y: Tensor, *, eps: float, steps: int, overshoot: float) -> Tensor:
    """Find the smallest L-inf change to the decision boundary.

    Differs: of two classes one boundary and one gradient a step. Each step goes to the intersection of all boundaries
    linearised so far (`intersect`). The change is clipped to `eps` (as in the sweeps of Arif). Through `run`, every
    image asked about is 8-bit already and goes further than the predicted margin (`FIRST_FACTOR`), which saves steps.
    Of more classes the steps are DeepFool's own (algorithm 2), each to the nearest boundary, by pixels that have room:
    most pixels of a drawn digit lie at the edge of [0, 1], and a step cut off there never arrives.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, values in [0, 1].
        steps: Newton's steps at most.
        overshoot: how much further than the boundary, as a share.
    """
    return _newton(model, Goal(x, y, "Linf", eps), steps=steps, overshoot=overshoot)


@ATTACKS.add(
    "deepfool-l2",
    title="DeepFool (L2)",
    source="Moosavi-Dezfooli et al. 2016, arXiv:1511.04599, algorithm 1",
    params=(EPS_L2, steps_param(50, "Newton's steps at most."), OVERSHOOT),
    facts=AttackFacts(
        norm="L2",
        access="white",
        minimum_norm=True,
        bf16=True,
        presets={"moosavi2016": {"steps": 50, "overshoot": 0.02}},
        passes=_newton_passes,
    ),
)
def deepfool_l2(model: Query, x: Tensor, y: Tensor, *, eps: float, steps: int, overshoot: float) -> Tensor:
    """Find the smallest L2 change to the decision boundary.

    Differs: as `deepfool`; clipped to the length `eps`.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L2 budget, values in [0, 1].
        steps: Newton's steps at most.
        overshoot: how much further than the boundary, as a share.
    """
    return _newton(model, Goal(x, y, "L2", eps), steps=steps, overshoot=overshoot)
