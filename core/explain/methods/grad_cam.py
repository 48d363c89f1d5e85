"""Compute Grad-CAM: class activation from the last convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...registry import Param
from ...types import QualityMetric
from ..base import EXPLAINERS, MapFacts
from ..context import AttributionContext, RawAttribution


def last_maps(model: nn.Module) -> nn.Module:
    """Return the layer that a detector's last feature maps (N, C, h, w) enter.

    Its last pooling, or its flattening.
    """
    layers = [m for m in model.modules() if isinstance(m, nn.AdaptiveAvgPool2d | nn.Flatten)]
    pools = [m for m in model.children() if isinstance(m, nn.AdaptiveAvgPool2d)]
    return (pools or layers)[-1]


@EXPLAINERS.add(
    "grad-cam",
    title="Grad-CAM",
    source="Selvaraju et al. 2017, arXiv:1610.02391, eq. 1 and 2",
    params=(
        Param(
            "sign",
            "positive",
            choices=("positive", "signed"),
            help="Only what speaks for the output, as in the paper; or also what speaks against it.",
        ),
    ),
    facts=MapFacts(passes=1, signed=("sign", "signed")),
)
def grad_cam(context: AttributionContext, *, sign: str) -> RawAttribution:
    """Weight the last feature maps by their mean gradients and enlarge the sum."""
    seen: list[Tensor] = []
    layer = last_maps(context.detector.model)
    hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        with context.detector.lock:  # no other pass while the hook is on
            out = context.network(context.x.clone().requires_grad_(True))
    finally:
        hook.remove()
    (maps,) = seen
    (gradient,) = torch.autograd.grad(out.sum(), maps)
    coarse = (maps.detach() * gradient.mean((2, 3), keepdim=True)).sum(1, keepdim=True)
    values = coarse.clamp(min=0) if sign == "positive" else coarse
    cells = QualityMetric(
        "cells",
        float(coarse.shape[2] * coarse.shape[3]),
        "",
        "How many values the map is made of before it is enlarged: what is finer than a cell is not there.",
    )
    large = functional.interpolate(values, context.x.shape[-2:], mode="bilinear", align_corners=False)
    return RawAttribution(large.cpu(), lambda: (cells,))
