"""Define the rules of layer-wise relevance propagation.

Each rule is a function (layer, x, y, relevance, ledger) -> relevance of x: `x` came in, `y` = layer(x) went out; the
ledger records what biases absorb.
Source: zennit's rules of the same names, with equal results; they skip passes that a sign makes superfluous, take `y`
from the forward pass, and share the sum over |x| |w| between the positive and the negative parts.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

STABILISER = 1e-6  # zennit's stabiliser
MAX_VALUES, MAX_WEIGHTS = 2**19, 2**20  # of a layer, processed at once: they stay near the processor


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Hold a linear layer without its module: `weight` (D, C) and `bias` (D,)."""

    weight: Tensor
    bias: Tensor | None


Layer = nn.Conv2d | nn.Linear | Matrix


@dataclass(slots=True, eq=False)
class Ledger:
    """Record the relevance that biases absorb, summed over all layers and pixels."""

    biases: float = 0.0

    def record(self, share: Tensor, bias: Tensor | None) -> None:
        """Add what a bias (C,) absorbs.

        `share`: relevance divided by the sum that it belongs to.
        """
        if bias is not None:
            per_channel = share.sum((0, *range(2, share.ndim)))
            self.biases += float(per_channel.double() @ bias.double())


Rule = Callable[[nn.Module, Tensor, Tensor, Tensor, Ledger], Tensor]
LinearRule = Callable[[Layer, Tensor, Tensor, Tensor, Ledger], Tensor]


def for_linear(rule: LinearRule) -> Rule:
    """Extend a rule for linear layers to convolutions.

    A pointwise convolution is computed as a linear layer over all its pixels.
    """

    def ruled(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        if not pointwise(layer):
            return rule(layer, x, y, relevance, ledger)
        weight, pixels = layer.weight.flatten(1), [v.permute(0, 2, 3, 1).flatten(0, 2) for v in (x, y, relevance)]
        blocks = -(-len(pixels[0]) * max(weight.shape) // MAX_VALUES)
        xs, ys, relevances = (values.chunk(blocks) for values in pixels)
        matrix = Matrix(weight, layer.bias)
        found = [_by_outputs(rule, matrix, *some, ledger) for some in zip(xs, ys, relevances, strict=True)]
        total = found[0] if blocks == 1 else torch.cat(found)
        return total.view(x.shape[0], *x.shape[2:], -1).permute(0, 3, 1, 2)

    return functools.update_wrapper(ruled, rule)


def _by_outputs(rule: LinearRule, layer: Matrix, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Apply a rule to some outputs at a time and sum.

    Large weights would need large copies.
    """
    blocks = -(-layer.weight.numel() // MAX_WEIGHTS)
    weights, ys, rs = layer.weight.chunk(blocks), y.chunk(blocks, 1), relevance.chunk(blocks, 1)
    biases = [None] * blocks if layer.bias is None else layer.bias.chunk(blocks)
    total: Tensor | None = None
    for weight, bias, y_, r_ in zip(weights, biases, ys, rs, strict=True):
        part = rule(Matrix(weight, bias), x, y_, r_, ledger)
        total = part if total is None else total.add_(part)
    assert total is not None
    return total


def pointwise(layer: nn.Module) -> bool:
    """Tell whether a convolution sees one pixel at a time."""
    ones = (1, 1)
    return isinstance(layer, nn.Conv2d) and (
        layer.kernel_size == layer.stride == ones and layer.groups == 1 and layer.padding == (0, 0)
    )


def stabilise(z: Tensor) -> Tensor:
    """Move `z` away from 0 by `STABILISER`, keeping its sign."""
    return z + torch.copysign(torch.full((), STABILISER, device=z.device), z)


def forward(layer: Layer, x: Tensor, weight: Tensor, more: Tensor) -> Tensor:
    """Apply a layer with other inputs and weights.

    Args:
        layer: gives stride, padding and groups.
        x: input.
        weight: in place of the layer's.
        more: a bias (C,), or values in the shape of the output.
    """
    if not isinstance(layer, nn.Conv2d):
        return torch.addmm(more, x, weight.T) if more.ndim == 1 else more.addmm_(x, weight.T)
    padding, bias = cast(tuple[int, int], layer.padding), more if more.ndim == 1 else None
    y = functional.conv2d(x, weight, bias, layer.stride, padding, layer.dilation, layer.groups)
    return y if more.ndim == 1 else y.add_(more)


def transpose(layer: Layer, share: Tensor, weight: Tensor, x: Tensor) -> Tensor:
    """Apply the transpose of `forward`.

    Args:
        layer: gives stride, padding and groups.
        share: in the shape of the output.
        weight: in place of the layer's.
        x: gives the shape of the result.
    """
    if not isinstance(layer, nn.Conv2d):
        return share @ weight
    return _transposed(layer, share, weight, x, groups=layer.groups)


def _transposed(layer: nn.Conv2d, share: Tensor, weight: Tensor, x: Tensor, *, groups: int) -> Tensor:
    """Compute a transposed convolution in the shape of `x`.

    Up to ten times as fast as autograd for depthwise layers.
    """
    padding, dilation = cast(tuple[int, int], layer.padding), layer.dilation
    over = [
        x.shape[i + 2]
        - (share.shape[i + 2] - 1) * layer.stride[i]
        + 2 * padding[i]
        - dilation[i] * (layer.kernel_size[i] - 1)
        - 1
        for i in (0, 1)
    ]
    return functional.conv_transpose2d(share, weight, None, layer.stride, padding, over, groups, dilation)


class Parts:
    """Split each output of a layer into its positive and negative parts.

    `positive` is `scale` times the positive parts, bias included, moved away from 0. Where no input is negative, they
    come from the positive weights, and `scale` is 1. Else it is 2: as 2 (x+ w+ + x- w-) = x w + |x| |w|, they come from
    y and one sum over |x| |w|. A share, relevance divided by such a sum, is `scale` times too small, which
    `to_positive` and `to_both` correct.
    """

    def __init__(self, layer: Layer, x: Tensor, y: Tensor) -> None:
        self.layer, self.x, self.y, bias = layer, x, y, layer.bias
        self.one_sided = minimum(x) >= 0
        self.scale, self.tiny = (1, STABILISER) if self.one_sided else (2, 2 * STABILISER)
        if self.one_sided:
            self.weight, self.size = layer.weight.clamp(min=0), x
            more = with_stabiliser(None if bias is None else bias.clamp(min=0), y, self.tiny)
        else:  # 2 b+ is b + |b|, and y has one b already
            self.weight, self.size = layer.weight.abs(), x.abs()
            more = y + _of_channels(with_stabiliser(None if bias is None else bias.abs(), y, self.tiny), y)
        self.positive = forward(layer, self.size, self.weight, more)

    def negative(self) -> Tensor:
        """Return `scale` times the negative parts, moved away from 0."""
        return (self.scale * self.y).sub_(self.positive).add_(self.tiny).clamp_(max=0).sub_(self.tiny)

    def record(self, ledger: Ledger, up: Tensor, down: Tensor | None = None) -> None:
        """Record what positive and negative biases absorb."""
        if self.layer.bias is not None:
            ledger.record(up, self.scale * self.layer.bias.clamp(min=0))
            if down is not None:
                ledger.record(down, self.scale * self.layer.bias.clamp(max=0))

    def to_positive(self, share: Tensor) -> Tensor:
        """Return x+ (w+ share) + x- (w- share)."""
        if self.one_sided:
            return transpose(self.layer, share, self.weight, self.x).mul_(self.x)
        return by_size(self.layer, share, share, self.weight, self.x, self.size)

    def to_both(self, up: Tensor, down: Tensor) -> Tensor:
        """Return relevance by the positive parts `up` and the negative parts `down`.

        The latter is x+ (w- down) + x- (w+ down).
        """
        if self.one_sided:  # x (w+ up + w- down) = x (w down + w+ (up - down))
            total = transpose(self.layer, down, self.layer.weight, self.x)
            return total.add_(transpose(self.layer, up - down, self.weight, self.x)).mul_(self.x)
        return by_size(self.layer, up + down, up - down, self.weight, self.x, self.size)


def by_size(layer: Layer, total: Tensor, difference: Tensor, weight: Tensor, x: Tensor, size: Tensor) -> Tensor:
    """Return x (w total) + |x| (|w| difference).

    Args:
        layer: of weights w.
        total: in the shape of the output.
        difference: in the shape of the output.
        weight: |w|.
        x: input.
        size: |x|.
    """
    total = transpose(layer, total, layer.weight, x)
    if size is x:
        return total.add_(transpose(layer, difference, weight, x)).mul_(x)
    return total.mul_(x).addcmul_(transpose(layer, difference, weight, x), size)


def minimum(x: Tensor) -> float:
    """Return the smallest value, read in memory order."""
    last = x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last)
    return float((x.permute(0, 2, 3, 1) if last else x).min())


def with_stabiliser(bias: Tensor | None, y: Tensor, tiny: float) -> Tensor:
    """Add a stabiliser to a bias (C,), or to zeros, for the output `y` (N, C, ...)."""
    return torch.full((y.shape[1],), tiny, device=y.device) if bias is None else bias + tiny


def _of_channels(bias: Tensor, y: Tensor) -> Tensor:
    return bias.view(1, -1, *(1,) * (y.ndim - 2))


def norm(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Share relevance by each input's contribution, for layers without weights.

    Args: those of every rule, see above.
    """
    with torch.enable_grad():
        inputs = x.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(layer(inputs), inputs, relevance / stabilise(y))
    return gradient * x


@for_linear
def epsilon(layer: Layer, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Share relevance by each input's contribution, stabilised.

    Args: those of every rule, see above.

    Source: Bach et al. 2015, 10.1371/journal.pone.0130140 (the epsilon rule).
    """
    share = relevance / stabilise(y)
    ledger.record(share, layer.bias)
    return transpose(layer, share, layer.weight, x).mul_(x)


@for_linear
def z_plus(layer: Layer, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Share relevance by the positive parts.

    Args: those of every rule, see above.

    Source: Montavon et al. 2017, 10.1016/j.patcog.2016.11.008 (the z+ rule). Differs: an output without a positive part
    shares its relevance by its negative ones, where zennit loses it.
    """
    sums = Parts(layer, x, y)
    if minimum(sums.positive) <= 2 * sums.tiny:
        without = sums.positive <= 2 * sums.tiny
        if bool((without & (relevance != 0)).any()):  # picking them out would take several times as long
            down = torch.where(without & (y < 0), relevance / sums.negative(), 0)
            up = (relevance / sums.positive).masked_fill_(without, 0)
            sums.record(ledger, up, down)
            return sums.to_both(up, down)
    share = torch.div(relevance, sums.positive, out=sums.positive)
    sums.record(ledger, share)
    return sums.to_positive(share)


@for_linear
def z_sign(layer: Layer, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Share relevance by the parts that have the output's sign.

    For depthwise convolutions, whose outputs pass no ReLU: all parts of their few inputs may be negative, and z+ would
    lose such an output's relevance.

    Args: those of every rule, see above.
    """
    weight, size, bias = layer.weight.abs(), x if minimum(x) >= 0 else x.abs(), layer.bias
    more, sign = with_stabiliser(None if bias is None else bias.abs(), y, 2 * STABILISER), y.sign()
    total = forward(layer, size, weight, more).addcmul_(y, sign)  # twice the parts of this sign: |x| |w| + |b| + |y|
    share = torch.div(relevance, total, out=total)
    signed = sign.mul_(share)
    if bias is not None:  # positive biases get signed + share, negative ones signed - share
        ledger.record(signed, bias)
        ledger.record(share, bias.abs())
    return by_size(layer, signed, share, weight, x, size)


@for_linear
def alpha2_beta1(layer: Layer, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Share twice the relevance by the positive parts, minus once by the negative.

    Args: those of every rule, see above.

    Source: Bach et al. 2015 (alpha-beta).
    """
    sums = Parts(layer, x, y)
    up, down = 2 * relevance / sums.positive, -relevance / sums.negative()
    sums.record(ledger, up, down)
    return sums.to_both(up, down)


GAMMA = 0.25


@for_linear
def gamma(layer: Layer, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Share relevance by all parts, those of the output's sign increased by a quarter.

    Args: those of every rule, see above.

    Source: Montavon et al. 2019, 10.1007/978-3-030-28954-6_10, section 10.2; Andeol et al. 2021 for inputs of both
    signs.
    """
    sums = Parts(layer, x, y)
    total = sums.scale * y
    up = torch.where(y > 0, relevance / (total + GAMMA * sums.positive + (1 - GAMMA) * sums.tiny), 0)
    down = torch.where(y < 0, relevance / (total + GAMMA * sums.negative() - sums.tiny), 0)
    both = sums.scale * (up + down)
    ledger.record(both, layer.bias)
    up, down = GAMMA * up, GAMMA * down
    sums.record(ledger, up, down)
    return sums.to_both(up, down).addcmul_(transpose(layer, both, layer.weight, x), x)


def flat(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Share relevance evenly among all inputs of an output.

    Args: those of every rule, see above.

    Source: Lapuschkin et al. 2019, 10.1038/s41467-019-08987-4.
    """
    assert isinstance(layer, nn.Conv2d | nn.Linear)
    if isinstance(layer, nn.Linear):
        return (relevance.sum(-1, keepdim=True) / (layer.in_features + STABILISER)).expand_as(x)
    # All channels are alike: one channel is shared out, and stands for the others.
    count = layer.in_channels // layer.groups
    box = torch.ones(1, 1, *layer.kernel_size, device=x.device)
    one, padding = x[:, :1], cast(tuple[int, int], layer.padding)
    inputs = functional.conv2d(torch.ones_like(one), box, None, layer.stride, padding, layer.dilation)
    share = relevance.sum(1, keepdim=True) / (count * inputs + STABILISER)
    return _transposed(layer, share, box, one, groups=1).expand_as(x)


def z_box(low: Tensor, high: Tensor) -> Rule:
    """Make the rule for inputs between `low` and `high` (1, 3, 1, 1).

    Source: Montavon et al. 2017 (the z^B rule).
    """

    def rule(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        minimum, maximum = low.to(x.device).expand_as(x), high.to(x.device).expand_as(x)
        up, down = layer.weight.clamp(min=0), layer.weight.clamp(max=0)
        bias = torch.zeros(y.shape[1], device=y.device) if layer.bias is None else layer.bias
        reach = forward(layer, minimum, up, bias) + forward(layer, maximum, down, torch.zeros_like(bias))
        sums = y - reach
        share = relevance / stabilise(sums)
        out = transpose(layer, share, layer.weight, x).mul_(x)
        return out - minimum * transpose(layer, share, up, x) - maximum * transpose(layer, share, down, x)

    return rule
