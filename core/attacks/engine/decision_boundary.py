"""Find the smallest change across the linearised decision boundaries that an attack has met."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from .logits import margin, rivals

TINY = 1e-12
MAX_PIXELS, SECTIONS = 20_000, 8  # pixels looked at, and golden sections between two boundaries, in L-inf


def dot(a: Tensor, b: Tensor) -> Tensor:
    """Return the scalar product (N,) of rows (N, P)."""
    return torch.linalg.vecdot(a, b)


def dual_norm(slope: Tensor, norm: str) -> Tensor:
    """Return |slope| (N,) of rows (N, P) in the dual norm, which a unit change gains."""
    return (slope.abs().sum(1) if norm == "Linf" else slope.norm(dim=1)).clamp_min(TINY)


def project_onto_hyperplane(slope: Tensor, level: Tensor, norm: str) -> Tensor:
    """Return the smallest change (N, P) with slope . change = level; none where the slope (N, P) is zero.

    L2: level slope / |slope|_2^2; L-inf: level sign(slope) / |slope|_1.
    Source: Moosavi-Dezfooli et al. 2016, eq. 3 and 4 (binary classifiers), and section 3.3 for other norms.
    """
    if norm == "Linf":
        return slope.sign() * (level / dual_norm(slope, norm))[:, None]
    return slope * (level / dot(slope, slope).clamp_min(TINY))[:, None]


def nearest_margin(logits: Tensor, y: Tensor, at: Tensor, norm: str) -> Tensor:
    """Return the margin (N,) to the nearest of the linearised decision boundaries.

    Of two classes there is one boundary; of more, and where any label but one is wanted, one for each rival. Costs a
    pass back for each.

    Args:
        logits: (N, C) at `at`.
        y: what is wanted (N,).
        at: images (N, C, H, W), with a graph to the logits.
        norm: "Linf" or "L2".

    Source: Moosavi-Dezfooli et al. 2016, algorithm 2, line 8.
    """
    if logits.shape[-1] == 2 or not bool((y < 0).all()):
        return margin(logits, y)
    margins = rivals(logits, y)
    distances = []
    for one in margins.unbind(1):
        (gradient,) = torch.autograd.grad(one.sum(), at, retain_graph=True)
        distances.append(one.detach() / dual_norm(gradient.flatten(1), norm))
    return margins.gather(1, torch.stack(distances, 1).argmin(1, keepdim=True))[:, 0]


@dataclass(frozen=True, slots=True, eq=False)
class Halfspace:
    """Hold where an image is predicted the target: slope . change >= level; one row an image.

    Attributes:
        slope: (N, P) in logits per unit of [0, 1].
        level: (N,) in logits.
        change: (N, P) the smallest change into it, in units of [0, 1].
        start: (N, P) the change that `change` goes on from; zero where it starts at the clean image.
    """

    slope: Tensor
    level: Tensor
    change: Tensor
    start: Tensor

    def where(self, rows: Tensor, other: Halfspace) -> Halfspace:
        """Return this one in the `rows` (N,), the `other` elsewhere."""
        if not bool(rows.any()):
            return other
        parts: dict[str, Any] = {
            name: torch.where(rows if name == "level" else rows[:, None], getattr(self, name), getattr(other, name))
            for name in ("slope", "level", "change", "start")
        }
        return replace(self, **parts)


def intersect(old: Halfspace | None, at: Tensor, slope: Tensor, missing: Tensor, norm: str) -> Halfspace:
    """Replace two halfspaces by one that has the smallest change into both.

    Of the weighted means of two boundaries the one farthest from the clean image has that change; it stands for both
    afterwards. Where the margin bends away from its linearisations, as those of networks do, each of them is a bound,
    and the change is shorter than the sum of DeepFool's steps. Where the two contradict each other that sum is taken.

    Args:
        old: of the steps so far; None at the first.
        at: change (N, P) at which the new boundary was linearised.
        slope: gradient (N, P) there, towards the target.
        missing: how much (N,) is still to be gained there, in logits.
        norm: "Linf" or "L2".

    Source: Haugazeau 1968 (as in Bauschke and Combettes 2017) for L2; Kelley 1960 (cutting planes).
    """
    level = missing + dot(slope, at)
    own = at + project_onto_hyperplane(slope, missing, norm)  # DeepFool's step
    if old is None:
        return Halfspace(slope, level, own, torch.zeros_like(own))
    weight = (_weight_l2 if norm == "L2" else _weight_linf)(old, slope, level)
    mean_slope, mean_level = old.slope.lerp(slope, weight[:, None]), old.level.lerp(level, weight)
    change = project_onto_hyperplane(mean_slope, mean_level, norm)
    gain = dot(slope, change)
    change *= (level / gain.clamp_min(TINY))[:, None]
    contradict = (gain <= 0) | (level <= 0) | (_size(change, norm) > _size(own, norm) * (1 + 1e-4))
    both = Halfspace(mean_slope, mean_level, change, torch.zeros_like(own))
    return Halfspace(slope, level, own, at).where(contradict, both)


def _size(change: Tensor, norm: str) -> Tensor:
    return change.abs().amax(1) if norm == "Linf" else change.norm(dim=1)


def _weight_l2(old: Halfspace, slope: Tensor, level: Tensor) -> Tensor:
    """Return the weight (N,) of the new boundary, exact: from the multipliers of both."""
    uu, uv, vv = dot(old.slope, old.slope), dot(old.slope, slope), dot(slope, slope)
    p, q = old.level * vv - level * uv, level * uu - old.level * uv
    return torch.where((p > 0) & (q > 0), q / (p + q).clamp_min(TINY * TINY), 1.0)


def _weight_linf(old: Halfspace, slope: Tensor, level: Tensor) -> Tensor:
    """Search for the weight (N,) of the new boundary on a part of the pixels."""
    every = max(1, slope.shape[1] // MAX_PIXELS)
    u, v = old.slope[:, ::every].contiguous(), slope[:, ::every].contiguous()

    def distance(weight: Tensor) -> Tensor:
        return old.level.lerp(level, weight) / dual_norm(u.lerp(v, weight[:, None]), "Linf")

    low, high, ratio = torch.zeros_like(level), torch.ones_like(level), (5**0.5 - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = distance(left), distance(right)
    for _ in range(SECTIONS):
        lower = at_left > at_right
        low, high = torch.where(lower, low, left), torch.where(lower, right, high)
        middle = torch.where(lower, high - ratio * (high - low), low + ratio * (high - low))
        at_middle = distance(middle)
        left, right = torch.where(lower, middle, right), torch.where(lower, left, middle)
        at_left, at_right = torch.where(lower, at_middle, at_right), torch.where(lower, at_left, at_middle)
    return (low + high) / 2
