"""Read an attack's margins off logits [real, fake]."""

from __future__ import annotations

from torch import Tensor

from ...types import InputError


def check_two_logits(logits: Tensor, count: int) -> Tensor:
    """Return `logits`, or refuse those that are not (count, 2)."""
    if logits.shape != (count, 2):
        raise InputError(
            f"an attack needs a detector with two logits [real, fake], ({count}, 2); this one gives "
            f"{tuple(logits.shape)}"
        )
    return logits


def margin(logits: Tensor, y: Tensor) -> Tensor:
    """Return Z_other - Z_target (..., N) of logits (..., N, 2): below 0 where the target `y` (N,) is predicted."""
    return (logits[..., 1] - logits[..., 0]) * (1 - 2 * y).to(logits.dtype)


def per_image(values: Tensor) -> Tensor:
    """Reshape (N,) to (N, 1, 1, 1), to multiply images with."""
    return values[:, None, None, None]
