"""Define building blocks that every explainer can handle.

Nothing works in place, no module is used twice, sums are modules.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval


class Resize(nn.Module):
    """Resize (N, 3, h, w) to (N, 3, size, size), bilinear with antialiasing.

    The identity when the size fits. Linear with weights that sum to one, so that its transpose (the backward pass)
    keeps the sum of a relevance map.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = self.usual = size  # the latter is what its network is built with

    def forward(self, x: Tensor) -> Tensor:
        """Resize the images."""
        if x.shape[-2:] == (self.size, self.size):
            return x
        return functional.interpolate(x, (self.size, self.size), mode="bilinear", antialias=True, align_corners=False)


class CentreCrop(nn.Module):
    """Keep the centre of (N, C, H, W): `share` of each side, at least one pixel.

    Its transpose pads with zeros, so that it keeps the sum of a relevance map.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """Run the layer."""
        height, width = x.shape[-2:]
        top, left = (round(side * (1 - self.share) / 2) for side in (height, width))
        return x[..., top : height - top, left : width - left]


class Normalize(nn.Module):
    """Return (x - mean) / std per channel, for (N, 3, H, W) in [0, 1]."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: tuple[float, float, float], std: tuple[float, float, float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the images."""
        return (x - self.mean) / self.std


class ConvNorm(nn.Sequential):
    """Convolve without bias, then normalise by batch; `fuse_batchnorm` joins both.

    `padding` is the same on all sides, half the kernel by default; `groups` equal to `inputs` makes the convolution
    depthwise.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int | None = None,
        groups: int = 1,
        eps: float = 1e-5,
    ) -> None:
        padding = kernel // 2 if padding is None else padding
        conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
        super().__init__(conv, nn.BatchNorm2d(outputs, eps=eps))


class NormLinear(nn.Sequential):
    """Normalise (N, inputs) by batch, then apply a linear layer; `fuse_batchnorm` joins both."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.BatchNorm1d(inputs), nn.Linear(inputs, outputs))


class Add(nn.Module):
    """Add two tensors of one shape, as a module for LRP's rules."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Return `a + b`."""
        return a + b


class Multiply(nn.Module):
    """Multiply a signal by its gate, as a module for LRP's rules."""

    def forward(self, signal: Tensor, gate: Tensor) -> Tensor:
        """Return `signal * gate`."""
        return signal * gate


class Concatenate(nn.Module):
    """Concatenate tensors (N, C_i, H, W) along the channels."""

    def forward(self, *parts: Tensor) -> Tensor:
        """Return the parts joined along dimension 1."""
        return torch.cat(parts, 1)


class BinaryToTwoLogits(nn.Module):
    """Turn one logit z (N, 1) into two [real, fake]: [0, sign * z].

    Their softmax is exactly the sigmoid. `sign` is 1 where the network says "fake" and -1 where it says "real".
    """

    def __init__(self, sign: float = 1.0) -> None:
        super().__init__()
        self.sign = sign

    def forward(self, z: Tensor) -> Tensor:
        """Return (N, 2) logits."""
        return torch.cat([torch.zeros_like(z), self.sign * z], 1)


class Residual(nn.Module):
    """Apply two 3x3 convolutions beside a shortcut (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(ConvNorm(inputs, outputs, 3, stride=stride), nn.ReLU(), ConvNorm(outputs, outputs, 3))
        same = inputs == outputs and stride == 1
        self.shortcut: nn.Module = nn.Identity() if same else ConvNorm(inputs, outputs, 1, stride=stride)
        self.add = Add()
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, h, w)."""
        return cast(Tensor, self.relu(self.add(self.body(x), self.shortcut(x))))


def residual_trunk(widths: tuple[int, ...], depths: tuple[int, ...], *, inputs: int = 3) -> nn.Sequential:
    """Build a stem to stride 4 and one stage per width.

    Each later stage halves the size.
    """
    stem = widths[0] // 2
    layers: list[nn.Module] = [ConvNorm(inputs, stem, 5, stride=2), nn.ReLU()]
    layers += [ConvNorm(stem, widths[0], 3, stride=2), nn.ReLU()]
    before = widths[0]
    for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        for block in range(depth):
            layers.append(Residual(before, width, stride=2 if stage and not block else 1))
            before = width
    return nn.Sequential(*layers)


def fuse_batchnorm(module: nn.Module) -> nn.Module:
    """Replace each `ConvNorm` and `NormLinear` in a module in eval mode by one layer.

    Works in place and returns the module. Exact up to rounding: about 1e-6 of a logit.
    """
    for name, child in module.named_children():
        if isinstance(child, ConvNorm):
            setattr(module, name, fuse_conv_bn_eval(cast(nn.Conv2d, child[0]), cast(nn.BatchNorm2d, child[1])))
        elif isinstance(child, NormLinear):
            setattr(module, name, _norm_into_linear(cast(nn.BatchNorm1d, child[0]), cast(nn.Linear, child[1])))
        else:
            fuse_batchnorm(child)
    return module


def _norm_into_linear(norm: nn.BatchNorm1d, linear: nn.Linear) -> nn.Linear:
    scale = norm.weight / torch.sqrt(cast(Tensor, norm.running_var) + norm.eps)
    shift = norm.bias - cast(Tensor, norm.running_mean) * scale
    out = nn.Linear(linear.in_features, linear.out_features)
    out.weight.data = (linear.weight * scale).detach()
    out.bias.data = (linear.bias + linear.weight @ shift).detach()
    return out.train(linear.training)
