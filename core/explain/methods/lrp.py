"""Propagate relevance layer by layer with zennit's composites, on a weight-sharing replica."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ...detectors.architectures.layers import Add, BinaryToTwoLogits, Multiply, Normalize
from ...detectors.networks.outputs import LogitSelector, penultimate, penultimate_inputs
from ...detectors.networks.replica import replica_of
from ...registry import Param
from ...types import InputError, QualityMetric
from ..base import EXPLAINERS, MapFacts
from ..context import AttributionContext, Metrics, RawAttribution
from ..lrp_rules import Ledger, Rule, alpha2_beta1, epsilon, flat, gamma, norm, stabilise, z_box, z_plus, z_sign

DEFAULT_RULE = "epsilon-plus-flat"
CONVOLUTIONS: dict[str, Rule] = {
    DEFAULT_RULE: z_plus,
    "epsilon-alpha2-beta1-flat": alpha2_beta1,
    "epsilon-gamma-box": gamma,
}
PASSED = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.GELU, nn.ELU, Normalize, _BatchNorm)
SHARED = (nn.AdaptiveAvgPool2d, nn.AvgPool2d, BinaryToTwoLogits)


class _ByRule(torch.autograd.Function):
    """Run a layer forward, its rule backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, ruled: Ruled) -> Tensor:
        y: Tensor = ruled.layer(x)
        ctx.save_for_backward(x, y)
        ctx.ruled = ruled
        return y

    @staticmethod
    def backward(ctx: Any, *relevance: Tensor) -> tuple[Tensor, None]:
        x, y = ctx.saved_tensors
        ruled: Ruled = ctx.ruled
        return ruled.rule(ruled.layer, x, y, relevance[0], ruled.ledger), None


class Ruled(nn.Module):
    """Wrap a detector's layer with a rule for the backward pass."""

    def __init__(self, layer: nn.Module, rule: Rule, ledger: Ledger) -> None:
        super().__init__()
        self.layer, self.rule, self.ledger = layer, rule, ledger

    def forward(self, x: Tensor) -> Tensor:
        """Run the layer; the backward pass follows its rule."""
        return _ByRule.apply(x, self)


class Top(Ruled):
    """Wrap the last linear layer, and keep its input as `seen`.

    Relevance ends there if the image asks for none.
    """

    seen: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Store the input, then run the layer."""
        self.seen = x if x.requires_grad else x.detach().requires_grad_(True)
        return super().forward(self.seen)


class _Passed(torch.autograd.Function):
    """Run a layer forward; pass relevance on unchanged, storing nothing."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: nn.Module) -> Tensor:
        y: Tensor = layer(x)
        return y

    @staticmethod
    def backward(ctx: Any, *relevance: Tensor) -> tuple[Tensor, None]:
        return relevance[0], None


class Passed(nn.Module):
    """Wrap an elementwise layer, whose relevance passes unchanged."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Run the layer; the backward pass returns relevance unchanged."""
        return _Passed.apply(x, self.layer)


class _Sum(torch.autograd.Function):
    """Add; backward, share relevance by contribution."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return a + b

    @staticmethod
    def backward(ctx: Any, *relevance: Tensor) -> tuple[Tensor, Tensor]:
        a, b = ctx.saved_tensors
        total = stabilise(a + b)
        share = torch.div(relevance[0], total, out=total)
        return a * share, b * share


class Shared(nn.Module):
    """Add two tensors, sharing relevance by contribution as zennit's Norm does."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Return `a + b`; the backward pass shares relevance by contribution."""
        return _Sum.apply(a, b)


class _ThroughSignal(torch.autograd.Function):
    """Multiply; backward, pass all relevance to the signal, none to the gate.

    Source: Arras et al. 2017, arXiv:1706.07206, section 3 ("LRP-all" for gated products).
    """

    @staticmethod
    def forward(ctx: Any, signal: Tensor, gate: Tensor) -> Tensor:
        return signal * gate

    @staticmethod
    def backward(ctx: Any, *relevance: Tensor) -> tuple[Tensor, None]:
        return relevance[0], None


class Gated(nn.Module):
    """Multiply by a detached gate, whose branch gets no relevance."""

    def forward(self, signal: Tensor, gate: Tensor) -> Tensor:
        """Return `signal * gate`; the backward pass skips the gate."""
        return _ThroughSignal.apply(signal, gate.detach())


def rules(model: nn.Module, name: str) -> dict[nn.Module, Rule]:
    """Map each layer of a network to its rule in a composite of zennit's.

    `name`: of the composite. The first linear layer, and each convolution on the image's three channels (parallel
        branches have several), is a first layer. Layers in `PASSED` have none: they pass relevance on unchanged.
    """
    normalize = next((module for module in model.modules() if isinstance(module, Normalize)), None)
    low, high = torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)
    if normalize:
        low, high = low.to(normalize.mean.device), high.to(normalize.mean.device)
        low, high = normalize(low), normalize(high)
    boxed = name == "epsilon-gamma-box"
    found: dict[nn.Module, Rule] = {}
    first = True
    for module in model.modules():
        if isinstance(module, SHARED):
            found[module] = norm
        elif isinstance(module, nn.Conv2d) and (first or module.in_channels == 3):
            found[module], first = z_box(low, high) if boxed else flat, False
        elif isinstance(module, nn.Conv2d):
            depthwise = module.groups > 1 and name == DEFAULT_RULE
            found[module] = z_sign if depthwise else CONVOLUTIONS[name]
        elif isinstance(module, nn.Linear):
            found[module], first = flat if first and not boxed else epsilon, False
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Propagated:
    """Hold relevance propagated through a network.

    at_input: (1, 3, H, W); at_penultimate: (1, D).
    out: the output that was propagated; biases: the part of it that biases absorbed.
    """

    at_input: Tensor
    at_penultimate: Tensor
    out: float
    biases: float


def propagate(model: LogitSelector, x: Tensor, rule: str = DEFAULT_RULE) -> Propagated:
    """Propagate the output of a one-output detector to the image `x` (1, 3, H, W)."""
    if rule not in CONVOLUTIONS:
        raise InputError(f"the rule of LRP is one of {', '.join(CONVOLUTIONS)}; what came is {rule!r}")
    ledger = Ledger()
    out, x, features = _forward(model, x.detach().clone().requires_grad_(True), rule, ledger)
    at_input, at_penultimate = torch.autograd.grad(out, (x, features), out.detach())
    return Propagated(at_input, at_penultimate, float(out.detach().sum()), ledger.biases)


def _forward(model: LogitSelector, x: Tensor, rule: str, ledger: Ledger) -> tuple[Tensor, Tensor, Tensor]:
    """Run a weight-sharing replica with rules in place; return output, image and penultimate activation."""
    by_layer, last = rules(model, rule), penultimate(model.model)
    top: list[Top] = []

    def replace(module: nn.Module) -> nn.Module | None:
        if isinstance(module, Add):
            return Shared()
        if isinstance(module, Multiply):
            return Gated()
        if isinstance(module, PASSED):
            return Passed(module).eval()
        if module is last:
            top.append(Top(module, by_layer[module], ledger))
            return top[0].eval()
        return Ruled(module, by_layer[module], ledger).eval() if module in by_layer else None

    out = replica_of(model, replace)(x)
    features = top[0].seen
    assert features is not None
    return out, x, features


def penultimate_relevance(model: LogitSelector, x: Tensor) -> Tensor:
    """Return relevance at the penultimate layer (1, D) alone.

    Costs one forward pass of the network as it is: only what comes after that layer follows a rule.
    """
    by_layer, last, ledger = rules(model, DEFAULT_RULE), penultimate(model.model), Ledger()
    with penultimate_inputs(model.model) as seen, torch.no_grad():
        model.model(x.detach())
    features = seen[0].detach().requires_grad_(True)
    after = [last, *(layer for layer in by_layer if isinstance(layer, BinaryToTwoLogits)), model.head]
    with torch.enable_grad():
        out = features
        for layer in after:
            out = out.cpu() if layer is model.head else out  # where the logits of all detectors are chosen from
            out = Ruled(layer, by_layer[layer], ledger)(out)
    (relevance,) = torch.autograd.grad(out, features, out.detach())
    return relevance


def relevances(model: LogitSelector, x: Tensor) -> tuple[Tensor, Tensor, float]:
    """Return relevance at input (1, 3, H, W) and penultimate layer (1, D), and the output."""
    found = propagate(model, x)
    return found.at_input, found.at_penultimate, found.out


@EXPLAINERS.add(
    "lrp",
    title="LRP",
    source="Bach et al. 2015, 10.1371/journal.pone.0130140; Klawikowska et al. 2020 (present A, B, flat); zennit",
    params=(
        Param(
            "rule",
            DEFAULT_RULE,
            choices=tuple(CONVOLUTIONS),
            help="zennit's composites: EpsilonPlusFlat (present A flat), EpsilonAlpha2Beta1Flat (B flat), "
            "EpsilonGammaBox.",
        ),
    ),
    facts=MapFacts(passes=2, quick=True),
)
def lrp(context: AttributionContext, *, rule: str) -> RawAttribution:
    """Propagate relevance: epsilon for linear layers; z+, alpha-beta or gamma for convolutions.

    Differs: depthwise convolutions under EpsilonPlusFlat share by the output's sign (`z_sign`), gates of
    squeeze-and-excite and attention get nothing.
    """
    found = propagate(context.network, context.x, rule)
    return RawAttribution(found.at_input, lambda: _conservation(found))


def _conservation(found: Propagated) -> Metrics:
    whole = found.out if abs(found.out) > 1e-9 else 1e-9
    kept, biases = float(found.at_input.sum(dtype=torch.float64)) / whole, found.biases / whole
    return (
        QualityMetric(
            "relevance conserved",
            kept,
            "near one",
            "The map's sum as a share of the output that was handed back; what is missing went to biases.",
        ),
        QualityMetric(
            "conserved with biases",
            kept + biases,
            "near one",
            "The map's sum and what the detector's biases were given, as a share of the output: 1 when no relevance "
            "was lost or created. alpha2-beta1 guarantees it only where each sum has parts of both signs.",
        ),
    )
