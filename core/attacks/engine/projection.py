"""Project images onto an attack's budget: L-inf, L2 and L0."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

SLACK = 1e-6


def project(clean: Tensor, changed: Tensor, norm: str, size: float) -> Tensor:
    """Bring `changed` within `size` of `clean`, into [0, 1] and onto multiples of 1/255.

    Args:
        clean: images (N, 3, H, W), multiples of 1/255.
        changed: images (N, 3, H, W); what is not a number becomes the clean value.
        norm: "Linf", "L2" or "L0".
        size: in units of [0, 1] for "Linf" and "L2", a number of pixels for "L0".
    """
    changed = torch.where(torch.isfinite(changed), changed, clean)
    return {"Linf": _project_linf, "L2": _project_l2, "L0": _project_l0}[norm](clean, changed, size)


def clip(clean: Tensor, changed: Tensor, norm: str, size: float) -> Tensor:
    """Bring `changed` within `size` of `clean` and into [0, 1], without rounding.

    For classifiers that are attacked in floating point, as the papers' own libraries do.

    Args:
        clean: images (N, C, H, W).
        changed: images (N, C, H, W); what is not a number becomes the clean value.
        norm: "Linf", "L2" or "L0".
        size: as `project` takes it.
    """
    changed = torch.where(torch.isfinite(changed), changed, clean)
    if norm == "Linf":
        return clip_linf(changed, clean, size)
    change = changed.clamp(0, 1) - clean
    if norm == "L2":
        length = change.flatten(1).norm(dim=1).clamp_min(1e-12)
        return clean + change * (size / length).clamp(max=1)[:, None, None, None]
    return torch.where(_largest_pixels(change, size), changed.clamp(0, 1), clean)


def linf_bounds(clean: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Return the lowest and the highest values (N, 3, H, W) within `eps` of `clean` and [0, 1]."""
    return (clean - eps).clamp_(min=0), (clean + eps).clamp_(max=1)


def clip_linf(x: Tensor, clean: Tensor, eps: float) -> Tensor:
    """Clip `x` to the L-inf ball of `eps` about `clean` and to [0, 1]; all (N, 3, H, W)."""
    return torch.clamp(x, *linf_bounds(clean, eps))


def _project_linf(clean: Tensor, changed: Tensor, eps: float) -> Tensor:
    """Round to nearest, and towards the clean image where nearest would leave the ball."""
    base, radius = (clean * 255).round(), int(np.floor(eps * 255 + SLACK))
    whole = (changed * 255).round()
    return torch.minimum(torch.maximum(whole, base - radius), base + radius).clamp(0, 255) / 255


def _project_l2(clean: Tensor, changed: Tensor, size: float) -> Tensor:
    """Scale into the ball, round to nearest, then undo roundings until the norm fits.

    Undone are roundings away from the clean image, those that gain least first. With all of them undone the change is
    no longer than before rounding.
    """
    base = (clean * 255).round()
    wanted = (changed * 255).clamp(0, 255) - base
    length = wanted.flatten(1).norm(dim=1).clamp_min(1e-12)
    wanted = wanted * (size * 255 / length).clamp(max=1)[:, None, None, None]
    whole = wanted.round()
    excess = (whole.double().square().flatten(1).sum(1) - (size * 255) ** 2).float()
    if bool((excess > SLACK).any()):
        gain = (2 * wanted.abs() - (2 * whole.abs() - 1)).flatten(1)  # how much nearer the larger value was
        saved = (2 * whole.abs() - 1).flatten(1)  # what taking one step back takes off the squared norm
        gain = torch.where((whole.abs() > wanted.abs()).flatten(1), gain, torch.inf)
        order = gain.argsort(1)
        saved = torch.where(gain.isinf(), 0, saved).gather(1, order)
        undone = (saved.cumsum(1) - saved < excess[:, None]) & (saved > 0)
        back = torch.zeros_like(gain).scatter_(1, order, undone.float()).view_as(whole)
        whole = whole - whole.sign() * back
    return (base + whole).clamp(0, 255) / 255


def _project_l0(clean: Tensor, changed: Tensor, size: float) -> Tensor:
    """Round; where more than `size` pixels differ, keep those with the largest change."""
    base, whole = (clean * 255).round(), (changed * 255).round().clamp(0, 255)
    return torch.where(_largest_pixels(whole - base, size), whole, base) / 255


def _largest_pixels(change: Tensor, size: float) -> Tensor:
    """Mask (N, 1, H, W) the `size` pixels that changed most."""
    total = change.abs().sum(1).flatten(1)
    kept = total.topk(min(int(size), total.shape[1]), dim=1).indices
    return torch.zeros_like(total).scatter_(1, kept, 1.0).view(len(change), 1, *change.shape[2:]) > 0
