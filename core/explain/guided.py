"""Guided Backprop, on a twin of the detector whose activations let positive signals back only."""

from __future__ import annotations

from typing import Any

import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from ..detectors.twin import twin
from ..registry import Param
from ..types import Honesty
from .base import EXPLAINERS, scalar_and_gradient
from .context import Context, Figures, Found

FORMS: dict[str, tuple[type[nn.Module], ...]] = {
    "relu": (nn.ReLU,), "silu": (nn.ReLU, nn.LeakyReLU, nn.SiLU, nn.GELU, nn.ELU),
}  # fmt: skip
NO_RELU = (
    "This detector has no ReLU: the map is the plain gradient. The SiLU form guides the activations that it does have."
)


class _OnlyPositive(torch.autograd.Function):
    """The identity; on the way back what is negative is stopped."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> Tensor:
        return gradient[0].clamp(min=0)


class Guided(nn.Module):
    """An activation whose gradient lets positive values back only."""

    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        out: Tensor = self.activation(_OnlyPositive.apply(x))
        return out


@EXPLAINERS.add(
    "guided-backprop",
    title="Guided Backprop",
    source="Springenberg et al. 2015, arXiv:1412.6806; captum",
    params=(
        Param(
            "form", "relu", choices=tuple(FORMS),
            help="Which activations are guided: ReLU only, as in the paper; or every ReLU, LeakyReLU and SiLU, which "
            "is our own extension to detectors such as EfficientNet.",
        ),
    ),
    passes=1, quick=True,
)  # fmt: skip
def guided_backprop(context: Context, *, form: str) -> Found:
    """The gradient with negative signals stopped at each ReLU on the way back.

    Differs in the SiLU form only: there the negative gradient for the input of every activation is stopped, its own
    derivative included (that of a SiLU is negative below -1.28).
    """
    kinds = FORMS[form]
    network = twin(context.network, lambda module: Guided(module) if isinstance(module, kinds) else None)
    _, attribution = scalar_and_gradient(network, context.x)
    plain = not any(isinstance(module, kinds) for module in context.network.modules())
    return Found(attribution, lambda: _agreement(context, attribution, NO_RELU if plain and form == "relu" else None))


def _agreement(context: Context, attribution: Tensor, plain: str | None) -> Figures:
    ours, gradient = attribution.sum(1).flatten(), context.gradient.sum(1).flatten()
    constant = bool((ours == ours[0]).all() or (gradient == gradient[0]).all())  # no ranks: as for a logit always 0
    agreement = float("nan") if constant else float(spearmanr(ours, gradient).statistic)
    return (
        Honesty(
            "rank agreement with the gradient", agreement, "",
            "Spearman's correlation with the plain gradient: 1 means that guiding changed nothing (a network without "
            "ReLU), near 0 that the map shows edges of the picture rather than the detector (Adebayo et al. 2018).",
            plain,
        ),
    )  # fmt: skip
