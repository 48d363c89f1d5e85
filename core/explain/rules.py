"""Rules of layer-wise relevance propagation: what one layer hands back to its inputs, and what its biases keep.

Each rule is a function (layer, x, y, relevance, ledger) -> relevance of x: `x` came in, `y` = layer(x) went out.
Source: zennit's rules of the same names, whose results these are; they compute no pass that a sign makes superfluous,
take `y` from the forward pass, and share the sum over |x| |w| between the positive and the negative parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

TINY = 1e-6  # zennit's stabiliser
Layer = nn.Conv2d | nn.Linear


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


def stable(z: Tensor) -> Tensor:
    """`z` moved away from 0 by `TINY`, to the side on which it lies."""
    return z + torch.copysign(torch.tensor(TINY), z)


def pointwise(layer: Layer) -> bool:
    """Whether a convolution sees one pixel at a time: it is a product of matrices, which needs no copies."""
    ones = (1, 1)
    return isinstance(layer, nn.Conv2d) and (
        layer.kernel_size == layer.stride == ones and layer.groups == 1 and layer.padding == (0, 0)
    )


def forward(layer: Layer, x: Tensor, weight: Tensor) -> Tensor:
    """The layer's sums for other inputs and weights, without bias."""
    if isinstance(layer, nn.Linear):
        return functional.linear(x, weight)
    if pointwise(layer):
        return _each_pixel(x, weight.flatten(1))
    padding = cast(tuple[int, int], layer.padding)
    return functional.conv2d(x, weight, None, layer.stride, padding, layer.dilation, layer.groups)


def back(layer: Layer, share: Tensor, weight: Tensor, x: Tensor) -> Tensor:
    """The transpose of `forward`: `share` in the shape of the output, to the shape of the input `x`."""
    if isinstance(layer, nn.Linear):
        return functional.linear(share, weight.T)
    if pointwise(layer):
        return _each_pixel(share, weight.flatten(1).T)
    return _transposed(layer, share, weight, x, groups=layer.groups)


def _each_pixel(x: Tensor, matrix: Tensor) -> Tensor:
    """`matrix` (D, C) times each pixel of x (N, C, H, W), in the order in which x lies in memory."""
    if x.is_contiguous(memory_format=torch.channels_last):
        return (x.permute(0, 2, 3, 1) @ matrix.T).permute(0, 3, 1, 2)
    return torch.matmul(matrix, x.flatten(2)).unflatten(2, x.shape[2:])


def _transposed(layer: nn.Conv2d, share: Tensor, weight: Tensor, x: Tensor, *, groups: int) -> Tensor:
    """A transposed convolution in the shape of `x`: up to ten times as fast as the way back for depthwise layers."""
    padding = cast(tuple[int, int], layer.padding)
    over = [
        x.shape[i + 2] - (share.shape[i + 2] - 1) * layer.stride[i] + 2 * padding[i]
        - layer.dilation[i] * (layer.kernel_size[i] - 1) - 1
        for i in (0, 1)
    ]  # fmt: skip
    return functional.conv_transpose2d(share, weight, None, layer.stride, padding, over, groups, layer.dilation)


class Parts:
    """What each output of a layer is the sum of: `positive` is `scale` times its positive parts, its bias among them.

    Where no input is negative, the positive parts are those of positive weights, and `scale` is 1. Else it is 2: as
    2 (x+ w+ + x- w-) = x w + |x| |w|, they come from y and one sum over |x| |w|. A share, relevance divided by such a
    sum, is `scale` times too small, which `to_positive` and `to_both` make good.
    """

    def __init__(self, layer: Layer, x: Tensor, y: Tensor, *, both: bool = False) -> None:
        """`both`: as for inputs of both signs, whatever they are."""
        self.layer, self.x, self.y, bias = layer, x, y, layer.bias
        least = float(x.min())
        self.one_sided = least >= 0 and not both
        self.scale, self.tiny = (1, TINY) if self.one_sided else (2, 2 * TINY)
        if self.one_sided:
            self.weight = layer.weight.clamp(min=0)
            self.positive = forward(layer, x, self.weight)
        else:
            self.weight, self.size = layer.weight.abs(), x if least >= 0 else x.abs()
            self.positive = forward(layer, self.size, self.weight).add_(y)
        if bias is not None:  # 2 b+ is b + |b|, and y has one b already
            self.positive += _of_channels(bias.clamp(min=0) if self.one_sided else bias.abs(), y)

    def negative(self) -> Tensor:
        """`scale` times the negative parts, moved away from 0."""
        return (self.scale * self.y).sub_(self.positive).clamp_(max=0).sub_(self.tiny)

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
        return self.back_to(share, share)

    def to_both(self, up: Tensor, down: Tensor) -> Tensor:
        """By the positive parts `up`, and by the negative ones x+ (w- down) + x- (w+ down)."""
        if self.one_sided:  # x (w+ up + w- down) = x (w down + w+ (up - down))
            whole = back(self.layer, down, self.layer.weight, self.x)
            return whole.add_(back(self.layer, up - down, self.weight, self.x)).mul_(self.x)
        return self.back_to(up + down, up - down)

    def back_to(self, total: Tensor, difference: Tensor) -> Tensor:
        """`to_both`, by the sum and the difference of `up` and `down`; for inputs of both signs."""
        whole = back(self.layer, total, self.layer.weight, self.x).mul_(self.x)
        return whole.addcmul_(back(self.layer, difference, self.weight, self.x), self.size)


def _of_channels(bias: Tensor, y: Tensor) -> Tensor:
    return bias.view(1, -1, *(1,) * (y.ndim - 2))


def pass_on(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """All to the same place: for what works on each value by itself."""
    return relevance


def norm(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """In proportion to what each input adds to the output, for layers without weights."""
    with torch.enable_grad():
        twin = x.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(layer(twin), twin, relevance / stable(y))
    return gradient * x


def epsilon(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Source: Bach et al. 2015, 10.1371/journal.pone.0130140, eq. 58."""
    layer = cast(Layer, layer)
    share = relevance / stable(y)
    ledger.keep(share, layer.bias)
    return back(layer, share, layer.weight, x).mul_(x)


def z_plus(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """In proportion to the positive parts. Source: Montavon et al. 2017, 10.1016/j.patcog.2016.11.008, eq. 12.

    Differs: an output without a positive part shares its relevance out by its negative ones, where zennit loses it.
    """
    sums = Parts(cast(Layer, layer), x, y)
    share = relevance / (sums.positive + sums.tiny)
    if float(sums.positive.min()) <= sums.tiny:
        without = sums.positive <= sums.tiny
        if bool(relevance[without].any()):
            down = torch.where(without & (y < 0), relevance / sums.negative(), 0)
            up = share.masked_fill_(without, 0)
            sums.keep(ledger, up, down)
            return sums.to_both(up, down)
    sums.keep(ledger, share)
    return sums.to_positive(share)


def z_sign(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """The z+ rule, and its mirror image where the output is negative: there the negative parts share the relevance.

    For depthwise convolutions, whose outputs go on without a ReLU: of their few inputs all parts may be negative, and
    z+ would lose what such an output was given.
    """
    sums = Parts(cast(Layer, layer), x, y, both=True)
    size = (-sums.scale * y).clamp_(min=0).add_(sums.positive).add_(sums.tiny)  # of the parts of y's own sign
    share = torch.div(relevance, size, out=size)
    signed = share * y.sign()
    if sums.layer.bias is not None:
        sums.keep(ledger, (signed + share) / 2, (signed - share) / 2)
    return sums.back_to(signed, share)


def alpha2_beta1(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Twice the relevance to the positive parts, minus once to the negative. Source: Bach et al. 2015, eq. 60."""
    sums = Parts(cast(Layer, layer), x, y)
    up, down = 2 * relevance / (sums.positive + sums.tiny), -relevance / sums.negative()
    sums.keep(ledger, up, down)
    return sums.to_both(up, down)


GAMMA = 0.25


def gamma(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """By parts, those of the output's sign strengthened by a quarter.

    Source: Montavon et al. 2019, 10.1007/978-3-030-28954-6_10, table 10.1; Andeol et al. 2021 for inputs of both signs.
    """
    layer = cast(Layer, layer)
    sums = Parts(layer, x, y)
    whole = sums.scale * y
    up = torch.where(y > 0, relevance / (whole + GAMMA * sums.positive + sums.tiny), 0)
    down = torch.where(y < 0, relevance / (whole + GAMMA * sums.negative() - sums.tiny), 0)
    both = sums.scale * (up + down)
    ledger.keep(both, layer.bias)
    up, down = GAMMA * up, GAMMA * down
    sums.keep(ledger, up, down)
    return sums.to_both(up, down).addcmul_(back(layer, both, layer.weight, x), x)


def flat(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
    """Evenly to all inputs of an output. Source: Lapuschkin et al. 2019, 10.1038/s41467-019-08987-4."""
    layer = cast(Layer, layer)
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
    """For inputs between `low` and `high` (1, 3, 1, 1). Source: Montavon et al. 2017, eq. 14."""

    def rule(layer: nn.Module, x: Tensor, y: Tensor, relevance: Tensor, ledger: Ledger) -> Tensor:
        layer = cast(Layer, layer)
        least, most = low.expand_as(x), high.expand_as(x)
        up, down = layer.weight.clamp(min=0), layer.weight.clamp(max=0)
        reach = forward(layer, least, up) + forward(layer, most, down)
        sums = y - reach if layer.bias is None else y - _of_channels(layer.bias, y) - reach
        share = relevance / stable(sums)
        out = back(layer, share, layer.weight, x).mul_(x)
        return out - least * back(layer, share, up, x) - most * back(layer, share, down, x)

    return rule
