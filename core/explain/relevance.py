"""Layer-wise relevance propagation through zennit, made fit for our sums, gates and preprocessing."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from zennit.canonizers import AttributeCanonizer
from zennit.composites import EpsilonPlusFlat
from zennit.core import BasicHook
from zennit.layer import Sum
from zennit.rules import ClampMod, Norm, Pass

from ..detectors.base import penultimate
from ..detectors.layers import Add, Multiply, OneLogit, Standardise
from ..types import Honesty
from .base import EXPLAINERS

TINY = 1e-6  # zennit's stabiliser


class _ThroughSignal(torch.autograd.Function):
    """signal * gate on the way forward; on the way back all relevance goes to the signal, none to the gate.

    Source: Arras et al. 2017, arXiv:1706.07206, section 3 ("LRP-all" for gated products).
    """

    @staticmethod
    def forward(ctx: Any, signal: Tensor, gate: Tensor) -> Tensor:
        return signal * gate

    @staticmethod
    def backward(ctx: Any, *relevance: Tensor) -> tuple[Tensor, None]:
        return relevance[0], None


def _attributes(_: str, module: nn.Module) -> dict[str, Any] | None:
    """A sum becomes zennit's own layer, so that its Norm rule shares relevance out; a product passes its gate by."""
    if isinstance(module, Add):
        total = Sum()
        return {"forward": lambda a, b: total(torch.stack([a, b], -1)), "canonizer_sum": total}
    if isinstance(module, Multiply):  # the gate is cut off: zennit's hooks in its branch are then never asked
        return {"forward": lambda signal, gate: _ThroughSignal.apply(signal, gate.detach())}
    return None


def _by_sign(relevance: Tensor, outputs: list[Tensor]) -> list[Tensor]:
    positive, negative = outputs[0] + outputs[1], outputs[2] + outputs[3]
    above = positive + negative >= 0
    up = torch.where(above, relevance / (positive + TINY), 0)
    down = torch.where(above, 0, relevance / (negative - TINY))
    return [up, up, down, down]


class ZSign(BasicHook):  # type: ignore[misc]
    """The z+ rule, and its mirror image where the output is negative: there the negative parts share the relevance.

    For depthwise convolutions, whose outputs go on without a ReLU: of their few inputs all parts may be negative, and
    z+ would lose what such an output was given.
    """

    def __init__(self) -> None:
        keep: list[str] = []
        drop = ["bias"]
        super().__init__(
            input_modifiers=[lambda x: x.clamp(min=0), lambda x: x.clamp(max=0)] * 2,
            param_modifiers=[
                ClampMod(min=0.0, zero_params=keep), ClampMod(max=0.0, zero_params=drop),
                ClampMod(max=0.0, zero_params=keep), ClampMod(min=0.0, zero_params=drop),
            ],
            gradient_mapper=_by_sign,
            reducer=lambda inputs, gradients: sum(x * g for x, g in zip(inputs, gradients, strict=True)),
        )  # fmt: skip


class Composite(EpsilonPlusFlat):  # type: ignore[misc]
    """EpsilonPlusFlat ("LRP present A flat" of Klawikowska et al.), for every detector that we have.

    Relevance passes standardisation and batch normalisation that was not folded unchanged, and each convolution that
    sees the picture's three channels is a first layer: parallel branches have several.
    """

    def __init__(self) -> None:
        super().__init__(
            layer_map=[(Standardise, Pass()), (OneLogit, Norm())], canonizers=[AttributeCanonizer(_attributes)]
        )

    def mapping(self, ctx: dict[str, Any], name: str, module: nn.Module) -> Any:
        """The rule of one layer."""
        if isinstance(module, nn.Conv2d) and module.in_channels == 3:
            ctx["first_layer_visited"] = False
        elif isinstance(module, nn.Conv2d) and module.groups > 1:
            return ZSign()
        return super().mapping(ctx, name, module)


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
        with Composite().context(model) as changed:
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
