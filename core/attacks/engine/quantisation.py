"""Quantise the smallest changes to 8 bits so that they still succeed.

The smallest change is often below half a step of 8 bits everywhere, and rounding would take all of it away.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .attack_run import AttackRun
from .decision_boundary import TINY, Halfspace, dot
from .goal import Goal
from .logits import margin, per_image
from .projection import SLACK

SCALES = (1.0, 1.05, 1.15, 1.3, 1.6, 2.0)  # of a change, tried in turn
LARGER_SCALES = 8  # then each 1.5 times the one before
MAX_TRIES = len(SCALES) + LARGER_SCALES
HALF_STEP = 0.5 + 1e-4  # of 1/255: what is not rounded away
MAX_SCALE = 1e4
GROWTH, GROWTHS, HALVINGS = 1.4, 16, 3  # of the search for a scale, to about 5 %


def quantise_step(goal: Goal, boundary: Halfspace, slope: Tensor, level: Tensor, rows: Tensor) -> Tensor:
    """Quantise clean + `boundary.change` at the smallest scale for which success is predicted. Costs no pass.

    Along one slope no shorter change of 8 bits gains as much. What succeeds is then the very image that is saved.

    Args:
        goal: the clean images and the budget, which the result keeps to.
        boundary: its change (N, P) is scaled from its start on.
        slope: (N, P); success is predicted where slope . change >= `level`.
        level: (N,).
        rows: (N,) the images that matter; of the others anything may be returned.

    Returns:
        Images (N, 3, H, W), multiples of 1/255.
    """
    base, start = (goal.clean * 255).round_().flatten(1), (boundary.start * 255).round_()
    low, high, steps = -base, 255 - base, boundary.change * 255 - start
    if goal.norm == "Linf":
        radius = math.floor(goal.size * 255 + SLACK)
        low, high = low.clamp_(min=-radius), high.clamp_(max=radius)
    quantised = torch.empty_like(steps)

    def falls_short(scale: Tensor) -> Tensor:
        torch.mul(steps, scale[:, None], out=quantised).round_().add_(start)
        torch.clamp(quantised, low, high, out=quantised)
        return dot(slope, quantised) < level * 255

    smallest = (HALF_STEP / steps.abs().amax(1).clamp_min(TINY)).clamp_(1.0, MAX_SCALE)  # below it all is rounded away
    falls_short(_smallest_scale(falls_short, smallest, rows))
    out = quantised.add_(base).div_(255).view_as(goal.clean)
    return goal.project(out) if goal.norm == "L2" and bool(goal.exceeded_by(out).any()) else out


def _smallest_scale(falls_short: Callable[[Tensor], Tensor], scale: Tensor, rows: Tensor) -> Tensor:
    """Search, from `scale` (N,) upwards, for the smallest one that does not fall short; (N,)."""
    low, high, short = scale / GROWTH, scale, falls_short(scale)
    for _ in range(GROWTHS):
        if not bool((short & rows).any()):
            break
        low, high = torch.where(short, high, low), torch.where(short, high * GROWTH, high)
        short = falls_short(high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = falls_short(middle)
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return high


@torch.no_grad()
def scale_until_adversarial(run: AttackRun, changed: Tensor) -> Tensor:
    """Scale adversarial images (N, 3, H, W) as little as it takes to stay adversarial as 8 bits.

    Nothing is asked about an image that was adversarial as 8 bits already; for the others a pass is spent only where
    the last gradient predicts success. Rows that never were adversarial are rounded.
    """
    goal, kept = run.goal, run.candidates
    done = _adversarial_in_8_bits(run)
    if bool(done.all()):
        return kept.best
    out = torch.where(per_image(done), kept.best, goal.project(changed))
    left = (kept.adversarial & ~done).nonzero()[:, 0]
    for number in range(MAX_TRIES):
        if not len(left):
            break
        change = changed[left] - goal.clean[left]
        tried = goal.project(goal.clean[left] + per_image(_scale(change, number)) * change, left)
        out[left] = tried
        likely = (run.linearisation.predicted_margin(tried, left) < 0) | (number >= len(SCALES))
        run.model.forwards[left[likely]] += 1
        short = torch.ones(len(left), dtype=torch.bool)
        if likely.any():
            short[likely] = margin(run.network(tried[likely]), goal.y[left[likely]]) >= 0
        left = left[short]
    return out


def _adversarial_in_8_bits(run: AttackRun) -> Tensor:
    """Tell which images kept are 8-bit, within budget and adversarial; (N,)."""
    goal, best = run.goal, run.candidates.best
    done = ((best * 255).round_().div_(255) == best).flatten(1).all(1)
    done &= run.candidates.adversarial & ~goal.exceeded_by(best)
    if run.tolerance:  # so near to the boundary bfloat16 is not taken at its word
        done &= margin(run.model.logits, goal.y) < -2 * run.tolerance
    return done


def _scale(change: Tensor, number: int) -> Tensor:
    """Return by how much (M,) the changes (M, 3, H, W) are scaled at the `number`-th try."""
    if number < len(SCALES):
        return torch.full((len(change),), SCALES[number])
    half_step = 0.5 / 255 / change.abs().flatten(1).amax(1).clamp_min(1e-9)  # below it rounding leaves nothing
    return half_step.clamp_min(SCALES[-1]) * 1.5 ** (number + 1 - len(SCALES))
