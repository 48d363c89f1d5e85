"""The smallest change across the linearised borders that an attack has met: where a step of DeepFool's leads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

TINY = 1e-12
SAMPLE, CUTS = 20_000, 8  # pixels looked at, and parts of the way between two borders tried, in L-inf


def dot(a: Tensor, b: Tensor) -> Tensor:
    """The scalar product (N,) of rows (N, P)."""
    return torch.linalg.vecdot(a, b)


def dual(slope: Tensor, norm: str) -> Tensor:
    """|slope| (N,) of rows (N, P) in the norm dual to `norm`: by how much a change of size 1 raises slope . change."""
    return (slope.abs().sum(1) if norm == "Linf" else slope.norm(dim=1)).clamp_min(TINY)


def nearest(slope: Tensor, level: Tensor, norm: str) -> Tensor:
    """The smallest change (N, P) with slope . change = level: no change where the slope (N, P) is zero.

    L2: level slope / |slope|_2^2; L-inf: level sign(slope) / |slope|_1.
    Source: Moosavi-Dezfooli et al. 2016, eq. 3 and 4 (binary classifiers), and section 3.3 for other norms.
    """
    if norm == "Linf":
        return slope.sign() * (level / dual(slope, norm))[:, None]
    return slope * (level / dot(slope, slope).clamp_min(TINY))[:, None]


@dataclass(frozen=True, slots=True, eq=False)
class Border:
    """Where slope . change >= level a picture is foreseen to be called the target; `change` is the smallest there.

    `slope` and `change` (N, P) in units of [0, 1], one row a picture; `level` (N,) in logits. `start` (N, P): from
    where the change goes on, if not from the clean picture.
    """

    slope: Tensor
    level: Tensor
    change: Tensor
    start: Tensor

    def where(self, rows: Tensor, other: Border) -> Border:
        """This one in the `rows` (N,), the `other` elsewhere."""
        if not bool(rows.any()):
            return other
        parts: dict[str, Any] = {
            name: torch.where(rows if name == "level" else rows[:, None], getattr(self, name), getattr(other, name))
            for name in ("slope", "level", "change", "start")
        }
        return replace(self, **parts)


def crossing(old: Border | None, gone: Tensor, slope: Tensor, wanted: Tensor, norm: str) -> Border:
    """One border for the `old` one and a new one, with the smallest change across both.

    The new one was met at the change `gone` (N, P): further along `slope` the margin is `wanted` (N,) too high there.

    Of the weighted means of two borders the one farthest from the clean picture has that change; it stands for both
    afterwards. Where the margin bends away from its linearisations, as those of networks do, each of them is a bound,
    and the change is shorter than the sum of DeepFool's steps. Where the two contradict each other that sum is taken.
    Source: Haugazeau 1968 (as in Bauschke and Combettes 2017) for L2; Kelley 1960 (cutting planes).
    """
    level = wanted + dot(slope, gone)
    own = gone + nearest(slope, wanted, norm)  # DeepFool's: on from there
    if old is None:
        return Border(slope, level, own, torch.zeros_like(own))
    weight = (_weight_l2 if norm == "L2" else _weight_linf)(old, slope, level)
    both, far = old.slope.lerp(slope, weight[:, None]), old.level.lerp(level, weight)
    change = nearest(both, far, norm)
    reach = dot(slope, change)
    change *= (level / reach.clamp_min(TINY))[:, None]
    against = (reach <= 0) | (level <= 0) | (_size(change, norm) > _size(own, norm) * (1 + 1e-4))
    return Border(slope, level, own, gone).where(against, Border(both, far, change, torch.zeros_like(own)))


def _size(change: Tensor, norm: str) -> Tensor:
    return change.abs().amax(1) if norm == "Linf" else change.norm(dim=1)


def _weight_l2(old: Border, slope: Tensor, level: Tensor) -> Tensor:
    """The weight (N,) of the new border, exact: from the multipliers of both."""
    uu, uv, vv = dot(old.slope, old.slope), dot(old.slope, slope), dot(slope, slope)
    p, q = old.level * vv - level * uv, level * uu - old.level * uv
    return torch.where((p > 0) & (q > 0), q / (p + q).clamp_min(TINY * TINY), 1.0)


def _weight_linf(old: Border, slope: Tensor, level: Tensor) -> Tensor:
    """The weight (N,) of the new border, by golden sections on a part of the pixels."""
    every = max(1, slope.shape[1] // SAMPLE)
    u, v = old.slope[:, ::every].contiguous(), slope[:, ::every].contiguous()

    def far(weight: Tensor) -> Tensor:
        return old.level.lerp(level, weight) / dual(u.lerp(v, weight[:, None]), "Linf")

    low, high, ratio = torch.zeros_like(level), torch.ones_like(level), (5**0.5 - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = far(left), far(right)
    for _ in range(CUTS):
        lower = at_left > at_right
        low, high = torch.where(lower, low, left), torch.where(lower, right, high)
        middle = torch.where(lower, high - ratio * (high - low), low + ratio * (high - low))
        at_middle = far(middle)
        left, right = torch.where(lower, middle, right), torch.where(lower, left, middle)
        at_left, at_right = torch.where(lower, at_middle, at_right), torch.where(lower, at_left, at_middle)
    return (low + high) / 2
