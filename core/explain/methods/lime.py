"""Compute LIME: a linear model of the output over superpixels."""

from __future__ import annotations

import numpy as np
import torch

from ...registry import Param
from ...types import Array, QualityMetric
from ..base import EXPLAINERS, MapFacts
from ..context import BASELINES, AttributionContext, RawAttribution
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
    facts=MapFacts(passes=300),
)
def lime(context: AttributionContext, *, samples: int, segments: int, baseline: str) -> RawAttribution:
    """Fit a local linear model of the output to the presence of superpixels.

    Differs: SLIC in place of quickshift; a superpixel's weight is shared among its pixels, so that the map's sum is the
    model's.

    Args:
        context: of the image.
        samples: images with superpixels left out at random.
        segments: about how many superpixels.
        baseline: what they are replaced by.
    """
    from sklearn.linear_model import Ridge  # here: no other map needs it
    from sklearn.metrics import r2_score

    parts = superpixels(context, segments, baseline)
    generator = torch.Generator().manual_seed(context.seed)
    present = torch.randint(0, 2, (samples, parts.count), generator=generator).numpy().astype(float)
    present[0] = 1
    outputs = parts.outputs(present)
    weights = kernel(present)
    model = Ridge(alpha=1.0).fit(present, outputs, sample_weight=weights)
    fit = float(r2_score(outputs, model.predict(present), sample_weight=weights)) if outputs.std() > 0 else 0.0
    metrics = (
        QualityMetric(
            "fit",
            fit,
            "higher",
            "The share of the output's variance, near this face, that the linear model explains (R squared): what the "
            "map shows is no more reliable than that.",
        ),
        QualityMetric("superpixels", float(parts.count), "", "How many values the map is made of."),
    )
    return RawAttribution(parts.to_pixels(model.coef_), lambda: metrics)


def kernel(present: Array, *, width: float = 0.25) -> Array:
    """Weight samples (N, K) of present superpixels by cosine distance to the whole image.

    Source: Ribeiro et al. 2016, section 3.4; `width` as in the authors' code for images.
    """
    distance = 1 - present.sum(1) / (present.shape[1] ** 0.5 * (present.sum(1) ** 0.5).clip(1e-12))
    weights: Array = np.exp(-(distance**2) / width**2)
    return weights
