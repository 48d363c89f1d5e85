"""Compute SmoothGrad: the gradient averaged over noisy copies."""

from __future__ import annotations

import torch

from ...registry import Param
from ..base import EXPLAINERS, SIGN, MapFacts, sampling_error
from ..context import CHUNK, AttributionContext, RawAttribution


@EXPLAINERS.add(
    "smoothgrad",
    title="SmoothGrad",
    source="Smilkov et al. 2017, arXiv:1706.03825, section 3",
    params=(
        Param("samples", 24, low=2, high=500, step=1, help="Noisy copies of the face whose gradients are averaged."),
        Param(
            "sigma",
            0.1,
            low=0.0,
            high=0.5,
            step=0.01,
            help="Standard deviation of the noise, as a share of the image's own range (the paper: 0.1 to 0.2).",
        ),
        SIGN,
    ),
    facts=MapFacts(passes=24, signed=("sign", "signed")),
)
def smoothgrad(context: AttributionContext, *, samples: int, sigma: float, sign: str) -> RawAttribution:
    """Average the gradient, or its absolute value, over images with Gaussian noise.

    Args:
        context: of the image.
        samples: noisy copies.
        sigma: standard deviation, as a share of the image's range.
        sign: "signed" or "absolute".
    """
    x = context.x
    deviation = sigma * float(x.max() - x.min())
    random = context.random()
    total, squares = torch.zeros_like(x, dtype=torch.float64), torch.zeros_like(x, dtype=torch.float64)
    for start in range(0, samples, CHUNK):
        noise = torch.randn(min(CHUNK, samples - start), *x.shape[1:], generator=random) * deviation
        _, gradients = context.gradients(x + noise)
        chosen = (gradients.abs() if sign == "absolute" else gradients).double()
        total += chosen.sum(0, keepdim=True)
        squares += chosen.square().sum(0, keepdim=True)
    mean = total / samples
    return RawAttribution(mean.float(), lambda: (sampling_error(mean, squares / samples - mean.square(), samples),))
