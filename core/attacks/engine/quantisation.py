"""The smallest changes as 8 bits: lengthened as little as it takes for their rounding to be called the target.

The least change is often below half a step of 8 bits everywhere, and rounding would take all of it away.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .counted_model import Oracle, margin, per_picture
from .decision_boundary import TINY, Border, dot
from .projection import SLACK

STRETCHES, LONGER = (1.0, 1.05, 1.15, 1.3, 1.6, 2.0), 8
TRIES = len(STRETCHES) + LONGER
HALF = 0.5 + 1e-4  # steps of 1/255: what is not rounded away
FARTHEST, GROWTH, GROWTHS, HALVINGS = 1e4, 1.4, 16, 3  # of the search for a length, to about 5 %


def _stretch(change: Tensor, number: int) -> Tensor:
    """By how much (M,) the changes (M, 3, H, W) are lengthened for the `number`-th time."""
    if number < len(STRETCHES):
        return torch.full((len(change),), STRETCHES[number])
    whole = 0.5 / 255 / change.abs().flatten(1).amax(1).clamp_min(1e-9)  # below it rounding leaves nothing
    return whole.clamp_min(STRETCHES[-1]) * 1.5 ** (number + 1 - len(STRETCHES))


def settled(oracle: Oracle, border: Border, slope: Tensor, level: Tensor) -> Tensor:
    """What is asked about in place of clean + `border.change`: its 8 bits (N, 3, H, W), just long enough.

    Lengthened from `border.start` on as little as it takes for slope . (its change) >= level, of which `slope` (N, P)
    and `level` (N,) make a forecast without a pass. Along one slope no shorter change of 8 bits gains as much. What
    fools is then the picture itself that is saved.
    """
    base, start = (oracle.clean * 255).round_().flatten(1), (border.start * 255).round_()
    low, high, steps = -base, 255 - base, border.change * 255 - start
    if oracle.norm == "Linf":
        reach = math.floor(oracle.size * 255 + SLACK)
        low, high = low.clamp_(min=-reach), high.clamp_(max=reach)
    whole = torch.empty_like(steps)

    def short(stretch: Tensor) -> Tensor:
        torch.mul(steps, stretch[:, None], out=whole).round_().add_(start)
        torch.clamp(whole, low, high, out=whole)
        return dot(slope, whole) < level * 255

    last = (HALF / steps.abs().amax(1).clamp_min(TINY)).clamp_(1.0, FARTHEST)  # below it all is rounded away
    first, open_ = last / GROWTH, short(last)
    for _ in range(GROWTHS):
        if not bool((open_ & oracle.active).any()):
            break
        first, last = torch.where(open_, last, first), torch.where(open_, last * GROWTH, last)
        open_ = short(last)
    for _ in range(HALVINGS):
        middle = (first + last) / 2
        below = short(middle)
        first, last = torch.where(below, middle, first), torch.where(below, last, middle)
    short(last)
    out = whole.add_(base).div_(255).view_as(oracle.clean)
    return oracle.held(out, slice(None)) if oracle.norm == "L2" and bool(_too_long(oracle, out).any()) else out


def _too_long(oracle: Oracle, x: Tensor) -> Tensor:
    """Whether pictures (N, 3, H, W) are outside of the budget."""
    change = (x - oracle.clean).flatten(1)
    size = change.abs().amax(1) if oracle.norm == "Linf" else change.norm(dim=1)
    return size > oracle.size + SLACK


@torch.no_grad()
def stretched(oracle: Oracle, changed: Tensor) -> Tensor:
    """The pictures that fooled, lengthened as little as it takes for their 8 bits to fool; the others as 8 bits.

    Nothing is asked about a picture whose 8 bits did fool. A pass is spent only where the last gradient foresees
    success.
    """
    whole = ((oracle.best * 255).round_().div_(255) == oracle.best).flatten(1).all(1)
    whole &= oracle.fooled & ~_too_long(oracle, oracle.best)
    if oracle.spare:  # so near to the border bfloat16 is not taken at its word
        whole &= margin(oracle.last, oracle.y) < -2 * oracle.spare
    if bool(whole.all()):
        return oracle.best
    out = torch.where(per_picture(whole), oracle.best, oracle.held(changed, slice(None)))
    left = (oracle.fooled & ~whole).nonzero()[:, 0]
    for number in range(TRIES):
        if not len(left):
            break
        change = changed[left] - oracle.clean[left]
        tried = out[left] = oracle.held(oracle.clean[left] + per_picture(_stretch(change, number)) * change, left)
        likely = (oracle.foreseen(tried, left) < 0) | (number >= len(STRETCHES))
        oracle.forwards[left[likely]] += 1
        open_ = torch.ones(len(left), dtype=torch.bool)
        if likely.any():
            open_[likely] = margin(oracle.model(tried[likely]), oracle.y[left[likely]]) >= 0
        left = left[open_]
    return out
