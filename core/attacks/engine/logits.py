"""Read an attack's margins off logits (N, C), [real, fake] of a detector."""

from __future__ import annotations

import torch
from torch import Tensor

from ...types import InputError

# What an attack wants is a label y of each image, or any label but one: but c is written as ~c, which is -1 - c.


def check_two_logits(logits: Tensor, count: int) -> Tensor:
    """Return `logits`, or refuse those that are not (count, 2)."""
    return check_logits(logits, count, 2)


def check_logits(logits: Tensor, count: int, classes: int) -> Tensor:
    """Return `logits`, or refuse those that are not (count, classes)."""
    if logits.shape == (count, classes):
        return logits
    if classes == 2:
        raise InputError(
            f"an attack needs a detector with two logits [real, fake], ({count}, 2); this one gives "
            f"{tuple(logits.shape)}"
        )
    raise InputError(
        f"this attack needs a classifier with {classes} logits, ({count}, {classes}); this one gives "
        f"{tuple(logits.shape)}"
    )


def margin(logits: Tensor, y: Tensor) -> Tensor:
    """Return Z_rival - Z_wanted (..., N) of logits (..., N, C): below 0 where what is wanted is predicted.

    Of more than two classes the margin is that to the nearest rival: max Z_other - Z_y, or Z_c - max Z_other for ~c.
    """
    if logits.shape[-1] == 2:
        return (logits[..., 1] - logits[..., 0]) * (1 - 2 * _of_two(y)).to(logits.dtype)
    others = rivals(logits, y)
    return torch.where(y < 0, others.amin(-1), others.amax(-1))


def rivals(logits: Tensor, y: Tensor) -> Tensor:
    """Return the margins (..., N, C - 1) between the label named by y (N,) and every other one."""
    named = torch.where(y < 0, ~y, y)
    count = logits.shape[-1]
    others = (named[:, None] + torch.arange(1, count)) % count
    index = torch.cat([named[:, None], others], 1).expand(logits.shape)
    own, rest = logits.gather(-1, index).split([1, count - 1], -1)
    return torch.where(y[:, None] < 0, own - rest, rest - own)


def wanted_score(logits: Tensor, y: Tensor) -> Tensor:
    """Return the softmax score (N,) in [0, 1] of what y (N,) wants, of logits (N, C)."""
    score = logits.softmax(1).gather(1, torch.where(y < 0, ~y, y)[:, None])[:, 0]
    return torch.where(y < 0, 1 - score, score)


def per_image(values: Tensor) -> Tensor:
    """Reshape (N,) to (N, 1, 1, 1), to multiply images with."""
    return values[:, None, None, None]


def _of_two(y: Tensor) -> Tensor:
    """Name the label wanted of two: any but c is the other one."""
    return torch.where(y < 0, y + 2, y)
