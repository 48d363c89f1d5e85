"""The smallest changes as 8 bits: lengthened as little as it takes for their rounding to be called the target.

The least change is often below half a step of 8 bits everywhere, and rounding would take all of it away.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .oracle import Oracle, margin, per_picture

STRETCHES, LONGER = (1.0, 1.05, 1.15, 1.3, 1.6, 2.0), 8
TRIES = len(STRETCHES) + LONGER
EXACT = 1e-6  # two pictures are one


def _stretch(change: Tensor, number: int) -> Tensor:
    """By how much (M,) the changes (M, 3, H, W) are lengthened for the `number`-th time."""
    if number < len(STRETCHES):
        return torch.full((len(change),), STRETCHES[number])
    whole = 0.5 / 255 / change.abs().flatten(1).amax(1).clamp_min(1e-9)  # below it rounding leaves nothing
    return whole.clamp_min(STRETCHES[-1]) * 1.5 ** (number + 1 - len(STRETCHES))


def settled(model: nn.Module, changed: Tensor) -> Tensor:
    """What is asked about in place of `changed` (N, 3, H, W): its 8 bits, lengthened until they are foreseen to fool.

    No pass: the forecast is the last gradient's. What fools is then the picture itself that is saved. A model that no
    door watches is asked about `changed`.
    """
    if not isinstance(model, Oracle) or not model.norm:
        return changed
    change, slope = changed - model.clean, model.line[0] / 255
    steps, before = change * 255, model.foreseen(model.clean, torch.arange(len(changed)))
    stretch, open_ = torch.ones(len(changed)), model.active.clone()
    for number in range(TRIES):
        stretch = torch.where(open_, _stretch(change, number), stretch)
        gained = (steps * per_picture(stretch)).round_().mul_(slope).flatten(1).sum(1)
        open_ &= before + gained >= -2 * model.spare  # a little beyond what counts as crossed
        if not bool(open_.any()):
            break
    return model.held(change.mul_(per_picture(stretch)).add_(model.clean), slice(None))


@torch.no_grad()
def stretched(oracle: Oracle, changed: Tensor) -> Tensor:
    """The pictures that fooled, lengthened as little as it takes for their 8 bits to fool; the others as 8 bits.

    Nothing is asked about a picture whose 8 bits did fool. A pass is spent only where the last gradient foresees
    success.
    """
    out = oracle.held(changed, slice(None))
    best = oracle.held(oracle.best, slice(None))
    whole = oracle.fooled & ((best - oracle.best).abs().flatten(1).amax(1) < EXACT)
    out = torch.where(per_picture(whole), best, out)
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
