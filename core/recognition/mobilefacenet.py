"""Build MobileFaceNet, and read its weights from a TensorFlow Lite file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..types import Array, InputError
from .tflite_file import CONVOLUTION, DEPTHWISE, MULTIPLY, read_operators

FILE = "MobileFaceNet.tflite"
DIMENSION = 192
# expansion, channels, blocks, stride of the first: Chen et al. 2018, table 1
STAGES = ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1))


class SameConv(nn.Module):
    """Convolve with TensorFlow's "same" padding, then apply a PReLU where asked."""

    def __init__(
        self, before: int, after: int, kernel: int, *, stride: int = 1, depthwise: bool = False, prelu: bool = True
    ) -> None:
        super().__init__()
        whole = kernel == 7  # the global depthwise convolution: no padding
        self.extra = 1 if kernel == 3 and stride == 2 else 0  # rows and columns below and to the right
        padding = 0 if whole or self.extra else kernel // 2
        self.convolution = nn.Conv2d(before, after, kernel, stride, padding, groups=before if depthwise else 1)
        self.activation: nn.Module = nn.PReLU(after) if prelu else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, after, H / stride, W / stride)."""
        x = functional.pad(x, (0, self.extra, 0, self.extra)) if self.extra else x
        result: Tensor = self.activation(self.convolution(x))
        return result


class MobileBlock(nn.Module):
    """Compute an inverted residual block."""

    def __init__(self, before: int, after: int, *, expansion: int, stride: int) -> None:
        super().__init__()
        inner = before * expansion
        self.path = nn.Sequential(
            SameConv(before, inner, 1),
            SameConv(inner, inner, 3, stride=stride, depthwise=True),
            SameConv(inner, after, 1, prelu=False),
        )
        self.residual = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, after, H / stride, W / stride)."""
        result: Tensor = x + self.path(x) if self.residual else self.path(x)
        return result


class MobileFaceNet(nn.Module):
    """Embed faces (N, 3, 112, 112) in [0, 1] as (N, 192).

    Source: Chen et al. 2018, "MobileFaceNets", arXiv:1804.07573, table 1. Differs: a pointwise convolution after the
    second layer and two layers of 512 and 192 at the end, as in the published TensorFlow network.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            SameConv(3, 64, 3, stride=2),
            SameConv(64, 64, 3, depthwise=True),
            SameConv(64, 64, 1, prelu=False),
        ]
        before = 64
        for expansion, channels, count, stride in STAGES:
            for k in range(count):
                layers.append(MobileBlock(before, channels, expansion=expansion, stride=stride if k == 0 else 1))
                before = channels
        layers += [SameConv(128, 512, 1), SameConv(512, 512, 7, depthwise=True, prelu=False)]
        layers += [SameConv(512, 512, 1, prelu=False), SameConv(512, DIMENSION, 1, prelu=False)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Return the embeddings (N, 192), not normalised."""
        result: Tensor = self.layers((x * 255 - 127.5) / 128).flatten(1)
        return result


def load_mobilefacenet(path: Path) -> MobileFaceNet:
    """Read `MobileFaceNet.tflite` into the network; refuse a file of another shape."""
    try:
        operators = read_operators(path.read_bytes(), path.name)
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror})") from error
    network = MobileFaceNet().eval().requires_grad_(False)
    wanted = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.PReLU))]
    came = [(one.code, one.constants) for one in operators if one.constants]
    if len(came) != len(wanted):
        raise InputError(f"{path.name} is not MobileFaceNet: it has {len(came)} layers, and {len(wanted)} are known")
    for module, (code, constants) in zip(wanted, came, strict=True):
        if not _fill(module, code, constants):
            shapes = ", ".join(str(values.shape) for values in constants)
            raise InputError(f"{path.name} is not MobileFaceNet: a layer of it has weights of the shapes {shapes}")
    return network


def _fill(module: nn.Module, code: int, constants: tuple[Array, ...]) -> bool:
    """Set a layer's weights; return whether they fit."""
    if isinstance(module, nn.PReLU):  # stored as c * (x - |x|), which is 2 c x below zero
        return code == MULTIPLY and len(constants) == 1 and _set(module.weight, 2 * constants[0])
    if not isinstance(module, nn.Conv2d) or len(constants) != 2 or constants[0].ndim != 4 or module.bias is None:
        return False
    weight = constants[0]
    if code == DEPTHWISE and module.groups > 1:
        weight = weight.transpose(3, 0, 1, 2)
    elif code == CONVOLUTION and module.groups == 1:
        weight = weight.transpose(0, 3, 1, 2)
    else:
        return False
    return _set(module.weight, weight) and _set(module.bias, constants[1])


def _set(parameter: Tensor, values: Array) -> bool:
    if tuple(parameter.shape) != values.shape:
        return False
    parameter.data.copy_(torch.from_numpy(np.ascontiguousarray(values)))
    return True
