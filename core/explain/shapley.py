"""SHAP values by expected gradients."""

from __future__ import annotations

import numpy as np
import shap
import torch
from torch import Tensor, nn
from torchvision.transforms.functional import gaussian_blur

from ..registry import Param
from ..types import Honesty
from .base import EXPLAINERS


def background(x: Tensor) -> Tensor:
    """What a pixel may be replaced by, made from the face itself (4, 3, H, W): black, its mean colour, two blurs.

    No other person's face is needed, or shipped, to explain this one.
    """
    mean = x.mean((2, 3), keepdim=True).expand_as(x)
    size = max(3, x.shape[-1] // 8) | 1
    return torch.cat(
        [torch.zeros_like(x), mean, gaussian_blur(x, [size] * 2), gaussian_blur(x, [size // 4 * 2 + 1] * 2)]
    )


@EXPLAINERS.add(
    "shap",
    title="SHAP (GradientExplainer)",
    source="Lundberg and Lee 2017, arXiv:1705.07874; Erion et al. 2021 (expected gradients), arXiv:1906.10670; shap",
    params=(Param("samples", 24, low=4, high=500, step=1, help="Random points on paths from the background."),),
)
def shap_gradient(model: nn.Module, x: Tensor, *, samples: int) -> tuple[Tensor, tuple[Honesty, ...]]:
    """Expected gradients over four backgrounds made from the face; sampled, so a figure says how much they scatter."""
    explainer = shap.GradientExplainer(model, background(x), batch_size=4)
    seed = int(torch.randint(2**31 - 1, (1,)))
    state = np.random.get_state()  # shap seeds NumPy's global generator
    try:
        values, variances = explainer.shap_values(x, nsamples=samples, rseed=seed, return_variances=True)
    finally:
        np.random.set_state(state)
    values, variances = (np.asarray(v).reshape(x.shape) for v in (values, variances))
    # shap divides the samples' variance by the root of their number; a standard error wants the number itself.
    error = np.sqrt(variances / np.sqrt(samples))
    scatter = float(error.mean() / max(float(np.abs(values).mean()), 1e-12))
    return torch.from_numpy(np.ascontiguousarray(values, np.float32)), (
        Honesty(
            "samples", float(samples), "higher",
            "How many random points the map is an average of.",
        ),
        Honesty(
            "spread", scatter, "lower",
            "The standard error of a pixel's value over the samples, as a multiple of the mean absolute value: above 1 "
            "a single pixel's value is noise.",
        ),
    )  # fmt: skip
