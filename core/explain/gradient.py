"""Maps from the gradient for the input: Saliency, Input x Gradient, Integrated Gradients, Guided Backprop."""

from __future__ import annotations

import warnings

import torch
from captum.attr import GuidedBackprop, IntegratedGradients
from scipy.stats import spearmanr
from torch import Tensor, nn

from ..registry import Param
from ..types import Honesty
from .base import EXPLAINERS, completeness_error, scalar_and_gradient


@torch.no_grad()
def _value(model: nn.Module, x: Tensor) -> float:
    return float(model(x).sum())


@EXPLAINERS.add(
    "saliency",
    title="Saliency",
    source="Simonyan et al. 2014, arXiv:1312.6034, section 3",
    signed=False,
)
def saliency(model: nn.Module, x: Tensor) -> tuple[Tensor, tuple[Honesty, ...]]:
    """The absolute gradient |df/dx|: how strongly a small change of each pixel would move the output.

    Differs: channels are summed (as in every map here), where the paper takes their maximum.
    """
    out, gradient = scalar_and_gradient(model, x)
    step = 1 / 255
    foreseen = step * float(gradient.abs().sum())
    seen = _value(model, x + step * gradient.sign()) - float(out.sum())
    error = abs(seen - foreseen) / max(abs(foreseen), 1e-9)
    return gradient.abs(), (
        Honesty(
            "linearity error", error, "lower",
            "How far the output, after a step of 1/255 along the gradient's sign, is from what the gradient foretells: "
            "0 means that the gradient describes the detector around this face.",
        ),
    )  # fmt: skip


@EXPLAINERS.add("input-x-gradient", title="Input x Gradient", source="Shrikumar et al. 2016, arXiv:1605.01713")
def input_x_gradient(model: nn.Module, x: Tensor) -> tuple[Tensor, tuple[Honesty, ...]]:
    """x * df/dx, in units of the output.

    Differs: Pinhasov et al. 2024 describe it with the absolute gradient; the signed product of the source is kept.
    """
    out, gradient = scalar_and_gradient(model, x)
    attribution = x * gradient
    error = completeness_error(attribution, float(out.sum()), _value(model, torch.zeros_like(x)))
    return attribution, (
        Honesty(
            "completeness error", error, "lower",
            "How far the map's sum is from the output here minus the output for black. Nothing promises that it is "
            "small for this method: a large value says that the map is no share-out of the score.",
        ),
    )  # fmt: skip


@EXPLAINERS.add(
    "integrated-gradients",
    title="Integrated Gradients",
    source="Sundararajan et al. 2017, arXiv:1703.01365, eq. 1; captum",
    params=(
        Param("steps", 32, low=4, high=300, step=1, help="Nodes of the Gauss-Legendre rule along the path."),
        Param("baseline", "black", choices=("black", "mean colour"), help="Where the path begins."),
    ),
)
def integrated_gradients(
    model: nn.Module, x: Tensor, *, steps: int, baseline: str
) -> tuple[Tensor, tuple[Honesty, ...]]:
    """The gradient averaged along the straight path from the baseline, times x - baseline."""
    start = torch.zeros_like(x) if baseline == "black" else x.mean((2, 3), keepdim=True).expand_as(x).contiguous()
    attribution = IntegratedGradients(model).attribute(
        x, start, n_steps=steps, method="gausslegendre", internal_batch_size=4
    )
    error = completeness_error(attribution, _value(model, x), _value(model, start))
    return attribution, (
        Honesty(
            "completeness error", error, "lower",
            f"How far the map's sum is from the output here minus the output for the baseline ({baseline}); the method "
            "promises 0 in the limit of many steps.",
        ),
    )  # fmt: skip


@EXPLAINERS.add("guided-backprop", title="Guided Backprop", source="Springenberg et al. 2015, arXiv:1412.6806; captum")
def guided_backprop(model: nn.Module, x: Tensor) -> tuple[Tensor, tuple[Honesty, ...]]:
    """The gradient with negative signals stopped at each ReLU on the way back."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # captum says at each call that it hooks the ReLUs and takes them off again
        attribution = GuidedBackprop(model).attribute(x.detach().requires_grad_(True))
    _, gradient = scalar_and_gradient(model, x)
    ours, plain = attribution.sum(1).flatten(), gradient.sum(1).flatten()
    constant = bool((ours == ours[0]).all() or (plain == plain[0]).all())  # no ranks: as for a logit that is always 0
    agreement = float("nan") if constant else float(spearmanr(ours, plain).statistic)
    return attribution, (
        Honesty(
            "rank agreement with the gradient", agreement, "",
            "Spearman's correlation with the plain gradient: 1 means that guiding changed nothing (a network without "
            "ReLU), near 0 that the map shows edges of the picture rather than the detector (Adebayo et al. 2018).",
        ),
    )  # fmt: skip
