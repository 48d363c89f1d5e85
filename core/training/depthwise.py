"""Train depthwise convolutions on a CPU.

The library's gradient of their weights takes most of a step there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..types import Array

CHANNELS = 64  # that one thread sums together: their sums for 25 taps stay in the first-level cache
Sums = Callable[[Array, Array, int, int, Array], None]


class DepthwiseConv2d(nn.Conv2d):
    """Convolve each channel by itself, with gradients that are fast on a CPU.

    Its weights are those of `nn.Conv2d`. Square kernels, equal strides and paddings, with a bias.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Map (N, C, H, W) float32 or bfloat16 to (N, C, h, w) of the same type."""
        out: Tensor = _Depthwise.apply(input, self.weight, self.bias, self.stride[0], self.padding[0])
        return out


def with_fast_depthwise(model: nn.Module) -> nn.Module:
    """Turn the trained depthwise convolutions of `model` into `DepthwiseConv2d`, in place."""
    for module in model.modules():
        if type(module) is nn.Conv2d and _fits(module):
            module.__class__ = DepthwiseConv2d
    return model


def _fits(module: nn.Conv2d) -> bool:
    depthwise = module.groups == module.in_channels == module.out_channels > 1
    square = len({*module.kernel_size}) == len({*module.stride}) == len({*module.padding}) == 1
    plain = module.padding_mode == "zeros" and not isinstance(module.padding, str) and set(module.dilation) == {1}
    trained = module.bias is not None and module.weight.requires_grad and module.weight.device.type == "cpu"
    return depthwise and plain and square and trained


class _Depthwise(torch.autograd.Function):
    """Compute what `conv2d` does with as many groups as channels.

    Gradients are summed in float32. With a stride, the input's gradient is taken in float32 too: in bfloat16 the
    library has no fast way for it.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        with torch.autocast("cpu", enabled=False):
            return functional.conv2d(x, weight.to(x.dtype), bias.to(x.dtype), stride, padding, groups=x.shape[1])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        x, weight = ctx.saved_tensors
        (grad,), channels, stride, padding = grads, x.shape[1], ctx.stride, ctx.padding
        exact, seen = grad.float(), x.detach().float()
        given = (grad, x, weight.to(x.dtype)) if stride == 1 else (exact, seen, weight)
        sides = [stride] * 2, [padding] * 2, [1, 1], False, [0, 0]
        # The bias is left out of the mask: with it the library computes the weights' gradient as well.
        to_input = torch.ops.aten.convolution_backward(*given, [channels], *sides, channels, [True, False, False])[0]
        to_weight = np.empty(weight.shape, np.float32)
        _sums()(_channels_last(seen), _channels_last(exact), stride, padding, to_weight)
        return to_input.to(x.dtype), torch.from_numpy(to_weight), exact.sum((0, 2, 3)), None, None


def _channels_last(x: Tensor) -> Array:
    array: Array = x.permute(0, 2, 3, 1).contiguous().numpy()
    return array


@cache
def _sums() -> Sums:
    """Compile the sums, once a process."""
    from numba import njit, prange  # here: it takes a second to import

    def sums(x: Array, grad: Array, stride: int, padding: int, out: Array) -> None:
        many, high, wide, channels = grad.shape
        size = out.shape[-1]
        for block in prange((channels + CHANNELS - 1) // CHANNELS):
            first = block * CHANNELS
            last = min(channels, first + CHANNELS)
            total = np.zeros((size, size, last - first), np.float32)
            for n in range(many):
                for i in range(high):
                    for j in range(wide):
                        g = grad[n, i, j, first:last]
                        for a in range(size):
                            y = i * stride + a - padding
                            if y < 0 or y >= x.shape[1]:
                                continue
                            for b in range(size):
                                z = j * stride + b - padding
                                if z < 0 or z >= x.shape[2]:
                                    continue
                                seen, sum_ = x[n, y, z, first:last], total[a, b]
                                for c in range(last - first):
                                    sum_[c] += g[c] * seen[c]
            for a in range(size):
                for b in range(size):
                    for c in range(last - first):
                        out[first + c, 0, a, b] = total[a, b, c]

    compiled: Sums = njit(parallel=True, fastmath=True)(sums)
    return compiled
