"""Add random noise, as a control."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...registry import Param
from ..base import ATTACKS, EPS, AttackFacts
from ..engine.logits import margin, per_image
from ..engine.query import Query


def _draw(shape: Any, kind: str, generator: torch.Generator) -> Tensor:
    noise = torch.empty(shape).uniform_(-1, 1, generator=generator)
    return noise.sign() if kind == "signs" else noise


@ATTACKS.add(
    "noise",
    title="Random noise (a control)",
    source="A control: what the budget does without any search",
    params=(
        EPS,
        Param("kind", "signs", choices=("signs", "uniform"), help="Each channel by plus or minus eps, or in between."),
        Param(
            "tries",
            1,
            low=1,
            high=1000,
            step=1,
            help="How often noise is drawn; the best draw is kept. 1 asks nothing.",
        ),
    ),
    facts=AttackFacts(
        norm="Linf",
        access="control",
        passes=lambda settings: (settings["tries"] if settings["tries"] > 1 else 0, 0),
    ),
)
@torch.inference_mode()
def noise(model: Query, x: Tensor, y: Tensor, *, eps: float, kind: str, tries: int) -> Tensor:
    """Add noise of the attacks' L-inf norm; keep the best of several tries.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, in [0, 1].
        kind: "signs", plus or minus eps, or "uniform".
        tries: how often noise is drawn; a single one asks nothing.
    """
    best, lowest = x, torch.full((len(x),), torch.inf)
    for _ in range(tries):
        changed = (x + eps * _draw(x[:1].shape, kind, model.generator)).clamp(0, 1)
        if tries == 1:
            return changed
        margins = margin(model(changed), y)
        better = margins < lowest
        best, lowest = torch.where(per_image(better), changed, best), torch.where(better, margins, lowest)
    return best
