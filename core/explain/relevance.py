"""Layer-wise relevance propagation through zennit, made fit for our residual blocks and preprocessing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from zennit.canonizers import AttributeCanonizer
from zennit.composites import EpsilonPlusFlat
from zennit.layer import Sum
from zennit.rules import Pass

from ..detectors.base import penultimate
from ..detectors.layers import Residual, Standardise
from ..types import Honesty
from .base import EXPLAINERS


def _summing(module: Residual) -> Callable[[Tensor], Tensor]:
    def forward(x: Tensor) -> Tensor:
        out: Tensor = module.relu(module.canonizer_sum(torch.stack([module.body(x), module.shortcut(x)], -1)))  # type: ignore[operator]
        return out

    return forward


def _attributes(_: str, module: nn.Module) -> dict[str, Any] | None:
    """For a residual block: the sum as zennit's own layer, so that its Norm rule shares relevance out."""
    return {"forward": _summing(module), "canonizer_sum": Sum()} if isinstance(module, Residual) else None


def composite() -> EpsilonPlusFlat:
    """EpsilonPlusFlat ("LRP present A flat" of Klawikowska et al.); relevance passes the standardisation unchanged."""
    return EpsilonPlusFlat(layer_map=[(Standardise, Pass())], canonizers=[AttributeCanonizer(_attributes)])


def relevances(model: nn.Module, x: Tensor) -> tuple[Tensor, Tensor, float]:
    """Relevance at the input (1, 3, H, W), at the penultimate layer (1, D), and the output that was shared out."""
    last = penultimate(model.model)  # type: ignore[arg-type]
    kept: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        kept.append(inputs[0])

    x = x.detach().clone().requires_grad_(True)
    # Registered before zennit's own hooks, so that what is kept is the layer's input as the network computed it.
    handle = last.register_forward_pre_hook(keep)
    try:
        with composite().context(model) as changed:
            out = changed(x)
            at_input, at_penultimate = torch.autograd.grad(out, (x, kept[0]), torch.ones_like(out) * out.detach())
    finally:
        handle.remove()
    return at_input, at_penultimate, float(out.detach().sum())


@EXPLAINERS.add(
    "lrp",
    title="LRP (EpsilonPlusFlat)",
    source="Bach et al. 2015, 10.1371/journal.pone.0130140; Klawikowska et al. 2020 (present A, flat); zennit",
)
def lrp(model: nn.Module, x: Tensor) -> tuple[Tensor, tuple[Honesty, ...]]:
    """Relevance handed back layer by layer: epsilon for linear, z+ for convolutions, flat for the first layer."""
    attribution, _, out = relevances(model, x)
    kept = float(attribution.sum()) / (out if abs(out) > 1e-9 else 1e-9)
    return attribution, (
        Honesty(
            "relevance conserved", kept, "near one",
            "The map's sum as a share of the output that was handed back; what is missing went to biases.",
        ),
    )  # fmt: skip
