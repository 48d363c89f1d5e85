"""Compute occlusion: the output's change where a patch is covered."""

from __future__ import annotations

import torch
from torch import Tensor

from ...registry import Param
from ...types import QualityMetric
from ..base import EXPLAINERS, MapFacts
from ..context import BASELINES, AttributionContext, RawAttribution


def patch_of(x: Tensor, share: float) -> tuple[int, int]:
    """Return side and stride, in pixels, of a patch.

    `share`: of the image's shorter side; patches overlap by half.
    """
    side = max(1, round(share * min(x.shape[-2:])))
    return side, max(1, side // 2)


@EXPLAINERS.add(
    "occlusion",
    title="Occlusion",
    source="Zeiler and Fergus 2014, arXiv:1311.2901, section 4.2; captum",
    params=(
        Param(
            "patch",
            0.15,
            low=0.05,
            high=0.5,
            step=0.05,
            help="Side of the patch, as a share of the image's shorter side.",
        ),
        Param("baseline", "black", choices=BASELINES, help="What the patch is filled with."),
    ),
    facts=MapFacts(passes=60),
)
def occlusion(context: AttributionContext, *, patch: float, baseline: str) -> RawAttribution:
    """Average the output's fall over the patches that cover a pixel."""
    from captum.attr import Occlusion  # here: no other map needs it

    x = context.x
    side, stride = patch_of(x, patch)
    with torch.no_grad():
        values = Occlusion(context.network).attribute(
            x,
            (3, side, side),
            strides=(3, stride, stride),
            baselines=context.baseline(baseline),
            perturbations_per_eval=4,
        )
    lost = values[:, :1]  # a patch covers all channels: each of them holds the whole fall
    size = QualityMetric(
        "patch",
        float(side),
        "",
        "The patch's side in pixels: what is finer is not seen, and what lies far apart but "
        "matters together is missed.",
    )
    return RawAttribution(lost, lambda: (size,))
