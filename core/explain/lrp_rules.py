"""Rules of layer-wise relevance propagation: what one layer hands back to its inputs, and what its biases keep.

Each rule is a function (layer, x, y, relevance, ledger) -> relevance of x: `x` came in, `y` = layer(x) went out.
Source: zennit's rules of the same names, whose results these are; they compute no pass that a sign makes superfluous,
take `y` from the forward pass, and share the sum over |x| |w| between the positive and the negative parts.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

TINY = 1e-6  # zennit's stabiliser
BLOCK, WEIGHTS = 2**19, 2**20  # values and weights of a layer that are worked on at once, where it can be cut: they
# stay near the processor


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """A linear layer without its module: `weight` (D, C) and `bias` (D,)."""

    weight: Tensor
    bias: Tensor | None


Layer = nn.Conv2d | nn.Linear | Matrix


@dataclass(slots=True, eq=False)
class Ledger:
    """Where relevance stays on its way back: `biases` what they were given, a sum over all layers and pixels."""

    biases: float = 0.0

    def keep(self, share: Tensor, bias: Tensor | None) -> None:
        """Note what a bias (C,) is given by `share`, relevance divided by the sum that it belongs to."""
        if bias is not None:
            per_channel = share.sum((0, *range(2, share.ndim)))
            self.biases += float(per_channel.double() @ bias.double())


Rule = Callable[[nn.Module, Tensor, Tensor, Tensor, Ledger], Tensor]
LinearRule = Callable[[Layer, Tensor, Tensor, Tensor, Ledger], Tensor]


def for_linear(rule: LinearRule) -> Rule:
    """A rule for convolutions and linear layers; one for a pixel at a time is a linear layer of all its pixels."""

    def ruled(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        if not pointwise(layer):
            return rule(layer, x, y, relevance, ledger)
        weight, pixels = layer.weight.flatten(1), [v.permute(0, 2, 3, 1).flatten(0, 2) for v in (x, y, relevance)]
        blocks = -(-len(pixels[0]) * max(weight.shape) // BLOCK)
        xs, ys, relevances = (values.chunk(blocks) for values in pixels)
        matrix = Matrix(weight, layer.bias)
        found = [_by_outputs(rule, matrix, *some, ledger) for some in zip(xs, ys, relevances, strict=True)]
        whole = found[0] if blocks == 1 else torch.cat(found)
        return whole.view(x.shape[0], *x.shape[2:], -1).permute(0, 3, 1, 2)

    return functools.update_wrapper(ruled, rule)


def _by_outputs(rule: LinearRule, layer: Matrix, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """`rule` for some of the outputs at a time: what they hand back adds up, and large weights need large copies."""
    blocks = -(-layer.weight.numel() // WEIGHTS)
    weights, ys, rs = layer.weight.chunk(blocks), y.chunk(blocks, 1), relevance.chunk(blocks, 1)
    biases = [None] * blocks if layer.bias is None else layer.bias.chunk(blocks)
    whole: Tensor | None = None
    for weight, bias, y_, r_ in zip(weights, biases, ys, rs, strict=True):
        part = rule(Matrix(weight, bias), x, y_, r_, ledger)
        whole = part if whole is None else whole.add_(part)
    assert whole is not None
    return whole


def pointwise(layer: nn.Module) -> bool:
    """Whether a convolution sees one pixel at a time."""
    ones = (1, 1)
    return isinstance(layer, nn.Conv2d) and (
        layer.kernel_size == layer.stride == ones and layer.groups == 1 and layer.padding == (0, 0)
    )


def stable(z: Tensor) -> Tensor:
    """`z` moved away from 0 by `TINY`, to the side on which it lies."""
    return z + torch.copysign(torch.tensor(TINY), z)


def forward(layer: Layer, x: Tensor, weight: Tensor, more: Tensor) -> Tensor:
    """The layer's sums for other inputs and weights, and `more`: a bias (C,), or in the shape of the output."""
    if not isinstance(layer, nn.Conv2d):
        return torch.addmm(more, x, weight.T) if more.ndim == 1 else more.addmm_(x, weight.T)
    padding, bias = cast(tuple[int, int], layer.padding), more if more.ndim == 1 else None
    y = functional.conv2d(x, weight, bias, layer.stride, padding, layer.dilation, layer.groups)
    return y if more.ndim == 1 else y.add_(more)


def back(layer: Layer, share: Tensor, weight: Tensor, x: Tensor) -> Tensor:
    """The transpose of `forward`: `share` in the shape of the output, to the shape of the input `x`."""
    if not isinstance(layer, nn.Conv2d):
        return share @ weight
    return _transposed(layer, share, weight, x, groups=layer.groups)


def _transposed(layer: nn.Conv2d, share: Tensor, weight: Tensor, x: Tensor, *, groups: int) -> Tensor:
    """A transposed convolution in the shape of `x`: up to ten times as fast as the way back for depthwise layers."""
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
    """What each output of a layer is the sum of: `positive` is `scale` times its positive parts, its bias among them.

    Where no input is negative, the positive parts are those of positive weights, and `scale` is 1. Else it is 2: as
    2 (x+ w+ + x- w-) = x w + |x| |w|, they come from y and one sum over |x| |w|. A share, relevance divided by such a
    sum, is `scale` times too small, which `to_positive` and `to_both` make good. `positive` is moved away from 0.
    """

    def __init__(self, layer: Layer, x: Tensor, y: Tensor) -> None:
        self.layer, self.x, self.y, bias = layer, x, y, layer.bias
        self.one_sided = least(x) >= 0
        self.scale, self.tiny = (1, TINY) if self.one_sided else (2, 2 * TINY)
        if self.one_sided:
            self.weight, self.size = layer.weight.clamp(min=0), x
            more = moved(None if bias is None else bias.clamp(min=0), y, self.tiny)
        else:  # 2 b+ is b + |b|, and y has one b already
            self.weight, self.size = layer.weight.abs(), x.abs()
            more = y + _of_channels(moved(None if bias is None else bias.abs(), y, self.tiny), y)
        self.positive = forward(layer, self.size, self.weight, more)

    def negative(self) -> Tensor:
        """`scale` times the negative parts, moved away from 0."""
        return (self.scale * self.y).sub_(self.positive).add_(self.tiny).clamp_(max=0).sub_(self.tiny)

    def keep(self, ledger: Ledger, up: Tensor, down: Tensor | None = None) -> None:
        """Note what positive and negative biases are given."""
        if self.layer.bias is not None:
            ledger.keep(up, self.scale * self.layer.bias.clamp(min=0))
            if down is not None:
                ledger.keep(down, self.scale * self.layer.bias.clamp(max=0))

    def to_positive(self, share: Tensor) -> Tensor:
        """x+ (w+ share) + x- (w- share): to each input by its positive parts."""
        if self.one_sided:
            return back(self.layer, share, self.weight, self.x).mul_(self.x)
        return by_size(self.layer, share, share, self.weight, self.x, self.size)

    def to_both(self, up: Tensor, down: Tensor) -> Tensor:
        """By the positive parts `up`, and by the negative ones x+ (w- down) + x- (w+ down)."""
        if self.one_sided:  # x (w+ up + w- down) = x (w down + w+ (up - down))
            whole = back(self.layer, down, self.layer.weight, self.x)
            return whole.add_(back(self.layer, up - down, self.weight, self.x)).mul_(self.x)
        return by_size(self.layer, up + down, up - down, self.weight, self.x, self.size)


def by_size(layer: Layer, total: Tensor, difference: Tensor, weight: Tensor, x: Tensor, size: Tensor) -> Tensor:
    """x (w total) + |x| (|w| difference), with `size` |x| and `weight` |w|."""
    whole = back(layer, total, layer.weight, x)
    if size is x:
        return whole.add_(back(layer, difference, weight, x)).mul_(x)
    return whole.mul_(x).addcmul_(back(layer, difference, weight, x), size)


def least(x: Tensor) -> float:
    """The smallest value, looked for in the order in which `x` lies in memory."""
    last = x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last)
    return float((x.permute(0, 2, 3, 1) if last else x).min())


def moved(bias: Tensor | None, y: Tensor, tiny: float) -> Tensor:
    """A bias (C,) and `tiny`, for a layer with the output `y` (N, C, ...)."""
    return torch.full((y.shape[1],), tiny) if bias is None else bias + tiny


def _of_channels(bias: Tensor, y: Tensor) -> Tensor:
    return bias.view(1, -1, *(1,) * (y.ndim - 2))


def norm(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """In proportion to what each input adds to the output, for layers without weights."""
    with torch.enable_grad():
        replica_of = x.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(layer(replica_of), replica_of, relevance / stable(y))
    return gradient * x


@for_linear
def epsilon(layer: Layer, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Source: Bach et al. 2015, 10.1371/journal.pone.0130140 (the epsilon rule)."""
    share = relevance / stable(y)
    ledger.keep(share, layer.bias)
    return back(layer, share, layer.weight, x).mul_(x)


@for_linear
def z_plus(layer: Layer, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """In proportion to the positive parts. Source: Montavon et al. 2017, 10.1016/j.patcog.2016.11.008 (the z+ rule).

    Differs: an output without a positive part shares its relevance out by its negative ones, where zennit loses it.
    """
    sums = Parts(layer, x, y)
    if least(sums.positive) <= 2 * sums.tiny:
        without = sums.positive <= 2 * sums.tiny
        if bool(relevance[without].any()):
            down = torch.where(without & (y < 0), relevance / sums.negative(), 0)
            up = (relevance / sums.positive).masked_fill_(without, 0)
            sums.keep(ledger, up, down)
            return sums.to_both(up, down)
    share = torch.div(relevance, sums.positive, out=sums.positive)
    sums.keep(ledger, share)
    return sums.to_positive(share)


@for_linear
def z_sign(layer: Layer, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """The z+ rule, and its mirror image where the output is negative: there the negative parts share the relevance.

    For depthwise convolutions, whose outputs go on without a ReLU: of their few inputs all parts may be negative, and
    z+ would lose what such an output was given.
    """
    weight, size, bias = layer.weight.abs(), x if least(x) >= 0 else x.abs(), layer.bias
    more, sign = moved(None if bias is None else bias.abs(), y, 2 * TINY), y.sign()
    whole = forward(layer, size, weight, more).addcmul_(y, sign)  # twice the parts of this sign: |x| |w| + |b| + |y|
    share = torch.div(relevance, whole, out=whole)
    signed = sign.mul_(share)
    if bias is not None:
        ledger.keep(signed + share, bias.clamp(min=0))
        ledger.keep(signed - share, bias.clamp(max=0))
    return by_size(layer, signed, share, weight, x, size)


@for_linear
def alpha2_beta1(layer: Layer, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Twice the relevance to the positive parts, minus once to the negative. Source: Bach et al. 2015 (alpha-beta)."""
    sums = Parts(layer, x, y)
    up, down = 2 * relevance / sums.positive, -relevance / sums.negative()
    sums.keep(ledger, up, down)
    return sums.to_both(up, down)


GAMMA = 0.25


@for_linear
def gamma(layer: Layer, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """By parts, those of the output's sign strengthened by a quarter.

    Source: Montavon et al. 2019, 10.1007/978-3-030-28954-6_10, section 10.2; Andeol et al. 2021 for inputs of both
    signs.
    """
    sums = Parts(layer, x, y)
    whole = sums.scale * y
    up = torch.where(y > 0, relevance / (whole + GAMMA * sums.positive + (1 - GAMMA) * sums.tiny), 0)
    down = torch.where(y < 0, relevance / (whole + GAMMA * sums.negative() - sums.tiny), 0)
    both = sums.scale * (up + down)
    ledger.keep(both, layer.bias)
    up, down = GAMMA * up, GAMMA * down
    sums.keep(ledger, up, down)
    return sums.to_both(up, down).addcmul_(back(layer, both, layer.weight, x), x)


def flat(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Evenly to all inputs of an output. Source: Lapuschkin et al. 2019, 10.1038/s41467-019-08987-4."""
    assert isinstance(layer, nn.Conv2d | nn.Linear)
    if isinstance(layer, nn.Linear):
        return (relevance.sum(-1, keepdim=True) / (layer.in_features + TINY)).expand_as(x)
    # All channels are alike: one channel is shared out, and stands for the others.
    count = layer.in_channels // layer.groups
    box = torch.ones(1, 1, *layer.kernel_size)
    one, padding = x[:, :1], cast(tuple[int, int], layer.padding)
    inputs = functional.conv2d(torch.ones_like(one), box, None, layer.stride, padding, layer.dilation)
    share = relevance.sum(1, keepdim=True) / (count * inputs + TINY)
    return _transposed(layer, share, box, one, groups=1).expand_as(x)


def z_box(low: Tensor, high: Tensor) -> Rule:
    """For inputs between `low` and `high` (1, 3, 1, 1). Source: Montavon et al. 2017 (the z^B rule)."""

    def rule(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        least, most = low.expand_as(x), high.expand_as(x)
        up, down = layer.weight.clamp(min=0), layer.weight.clamp(max=0)
        bias = torch.zeros(y.shape[1]) if layer.bias is None else layer.bias
        reach = forward(layer, least, up, bias) + forward(layer, most, down, torch.zeros_like(bias))
        sums = y - reach
        share = relevance / stable(sums)
        out = back(layer, share, layer.weight, x).mul_(x)
        return out - least * back(layer, share, up, x) - most * back(layer, share, down, x)

    return rule
