"""LIME: a linear model of the output over superpixels."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from ...registry import Param
from ...types import Array, QualityMetric
from ..base import EXPLAINERS
from ..context import BASELINES, Context, Found
from ..superpixels import superpixels


@EXPLAINERS.add(
    "lime",
    title="LIME",
    source="Ribeiro et al. 2016, arXiv:1602.04938, section 3.4; on deepfake detectors: Tsigos et al. 2024, "
    "arXiv:2404.18649",
    params=(
        Param("samples", 300, low=20, high=5000, step=1, help="Images with superpixels left out at random."),
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
        QualityMetric(
            "fit",
            fit,
            "higher",
            "The share of the output's variance, near this face, that the linear model explains (R squared): what the "
            "map shows is worth no more than that.",
        ),
        QualityMetric("superpixels", float(parts.count), "", "How many values the map is made of."),
    )
    return Found(parts.spread_out(model.coef_), lambda: figures)


def kernel(there: Array, *, width: float = 0.25) -> Array:
    """How near each sample (N, K) of present superpixels is to the whole image, by the cosine distance.

    Source: Ribeiro et al. 2016, section 3.4; `width` as in the authors' code for images.
    """
    distance = 1 - there.sum(1) / (there.shape[1] ** 0.5 * (there.sum(1) ** 0.5).clip(1e-12))
    weights: Array = np.exp(-(distance**2) / width**2)
    return weights
