"""Maps coarser than pixels: Grad-CAM, Occlusion and LIME."""

from __future__ import annotations

import numpy as np
import torch
from captum.attr import Occlusion
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from torch import Tensor, nn
from torch.nn import functional

from ..registry import Param
from ..types import Array, Honesty
from .base import EXPLAINERS
from .context import BASELINES, Context, Found
from .superpixels import superpixels


def last_maps(model: nn.Module) -> nn.Module:
    """The layer whose input are a detector's last feature maps (N, C, h, w): its last pooling, or its flattening."""
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
    signed=("sign", "signed"),
    passes=1,
)
def grad_cam(context: Context, *, sign: str) -> Found:
    """The last feature maps, each weighted with its mean gradient, enlarged to the picture's size."""
    seen: list[Tensor] = []
    layer = last_maps(context.detector.model)
    hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        out = context.network(context.x.clone().requires_grad_(True))
    finally:
        hook.remove()
    (maps,) = seen
    (gradient,) = torch.autograd.grad(out.sum(), maps)
    coarse = (maps.detach() * gradient.mean((2, 3), keepdim=True)).sum(1, keepdim=True)
    values = coarse.clamp(min=0) if sign == "positive" else coarse
    cells = Honesty(
        "cells",
        float(coarse.shape[2] * coarse.shape[3]),
        "",
        "How many values the map is made of before it is enlarged: what is finer than a cell is not there.",
    )
    large = functional.interpolate(values, context.x.shape[-2:], mode="bilinear", align_corners=False)
    return Found(large, lambda: (cells,))


def patch_of(x: Tensor, share: float) -> tuple[int, int]:
    """Side and stride, in pixels, of a patch that is `share` of the picture's shorter side: half of it overlaps."""
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
            help="Side of the patch, as a share of the picture's shorter side.",
        ),
        Param("baseline", "black", choices=BASELINES, help="What the patch is filled with."),
    ),
    passes=60,
)
def occlusion(context: Context, *, patch: float, baseline: str) -> Found:
    """How much the output falls when a patch about a pixel is covered, averaged over the patches that cover it."""
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
    size = Honesty(
        "patch",
        float(side),
        "",
        "The patch's side in pixels: what is finer is not seen, and what lies far apart but "
        "matters together is missed.",
    )
    return Found(lost, lambda: (size,))


@EXPLAINERS.add(
    "lime",
    title="LIME",
    source="Ribeiro et al. 2016, arXiv:1602.04938, section 3.4; on deepfake detectors: Tsigos et al. 2024, "
    "arXiv:2404.18649",
    params=(
        Param("samples", 300, low=20, high=5000, step=1, help="Pictures with superpixels left out at random."),
        Param("segments", 50, low=5, high=300, step=1, help="About how many superpixels (SLIC)."),
        Param("baseline", "mean colour", choices=BASELINES, help="What superpixels are replaced by."),
    ),
    passes=300,
)
def lime(context: Context, *, samples: int, segments: int, baseline: str) -> Found:
    """A linear model of the output by which superpixels are there, fitted nearby: its weight for each superpixel.

    Differs: SLIC in place of quickshift, a weight shared out over its pixels, so that the map's sum is the model's.
    """
    parts = superpixels(context, segments, baseline)
    generator = torch.Generator().manual_seed(context.seed)
    there = torch.randint(0, 2, (samples, parts.count), generator=generator).numpy().astype(float)
    there[0] = 1
    outputs = parts.outputs(there)
    weights = kernel(there)
    model = Ridge(alpha=1.0).fit(there, outputs, sample_weight=weights)
    fit = float(r2_score(outputs, model.predict(there), sample_weight=weights)) if outputs.std() > 0 else 0.0
    figures = (
        Honesty(
            "fit",
            fit,
            "higher",
            "The share of the output's variance, near this face, that the linear model explains (R squared): what the "
            "map shows is worth no more than that.",
        ),
        Honesty("superpixels", float(parts.count), "", "How many values the map is made of."),
    )
    return Found(parts.spread_out(model.coef_), lambda: figures)


def kernel(there: Array, *, width: float = 0.25) -> Array:
    """How near each sample (N, K) of present superpixels is to the whole picture, by the cosine distance.

    Source: Ribeiro et al. 2016, section 3.4; `width` as in the authors' code for pictures.
    """
    distance = 1 - there.sum(1) / (there.shape[1] ** 0.5 * (there.sum(1) ** 0.5).clip(1e-12))
    weights: Array = np.exp(-(distance**2) / width**2)
    return weights
