"""Compute gradient maps that an attack can follow, differentiable a second time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...detectors.networks.replica import replica_of
from .logits import check_two_logits

# Nodes and weights of the Gauss-Legendre rule on [0, 1] with four nodes, for Integrated Gradients.
NODES = (0.0694318442, 0.3300094782, 0.6699905218, 0.9305681558)
WEIGHTS = (0.1739274226, 0.3260725774, 0.3260725774, 0.1739274226)
MAPS = ("saliency", "input-x-gradient", "integrated-gradients", "guided-backprop")


class _GuidedSoftplus(torch.autograd.Function):
    """Let only positive signals pass back through a softplus; differentiable again through its gate."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, beta: float, top: float | None) -> Tensor:
        ctx.save_for_backward(x)
        ctx.beta, ctx.top = beta, top
        soft = functional.softplus(x, beta)
        return soft if top is None else soft - functional.softplus(x - top, beta)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (x,) = ctx.saved_tensors
        gate = torch.sigmoid(ctx.beta * x)
        if ctx.top is not None:
            gate = gate - torch.sigmoid(ctx.beta * (x - ctx.top))
        return gradients[0].clamp_min(0) * gate, None, None


class _Soft(nn.Module):
    """Replace a ReLU by a softplus, a ReLU6 by the difference of two."""

    def __init__(self, beta: float, guided: bool, top: float | None = None) -> None:
        super().__init__()
        self.beta, self.guided, self.top = beta, guided, top

    def forward(self, x: Tensor) -> Tensor:
        if self.guided:
            return _GuidedSoftplus.apply(x, self.beta, self.top)
        soft = functional.softplus(x, self.beta)
        return soft if self.top is None else soft - functional.softplus(x - self.top, self.beta)


class _InputOnly(torch.autograd.Function):
    """Convolve in groups with fixed weights.

    Torch's own second derivative runs through the groups one by one.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, conv: nn.Conv2d) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.conv, ctx.size = conv, x.shape[2:]
        return functional.conv2d(x, weight, None, conv.stride, conv.padding, conv.dilation, conv.groups)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (weight,), conv = ctx.saved_tensors, ctx.conv
        whole = [
            (size - 1) * stride - 2 * edge + spread * (kernel - 1) + 1
            for size, stride, edge, spread, kernel in zip(
                gradients[0].shape[2:], conv.stride, conv.padding, conv.dilation, conv.kernel_size, strict=True
            )
        ]
        rest = [size - there for size, there in zip(ctx.size, whole, strict=True)]
        back = functional.conv_transpose2d(
            gradients[0], weight, None, conv.stride, conv.padding, rest, conv.groups, conv.dilation
        )
        return back, None, None


class _GroupedConv(nn.Module):
    """Replace a grouped convolution: a map through it costs a pass."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = _InputOnly.apply(x, self.conv.weight.detach(), self.conv)
        return out if self.conv.bias is None else out + self.conv.bias[:, None, None]


def _soft_for(module: nn.Module, beta: float, guided: bool) -> nn.Module | None:
    if isinstance(module, nn.Conv2d) and module.groups > 1 and module.padding_mode == "zeros":
        return _GroupedConv(module) if isinstance(module.padding, tuple) else None
    if isinstance(module, nn.ReLU6):
        return _Soft(beta, guided, 6.0)
    return _Soft(beta, guided) if isinstance(module, nn.ReLU) else None


def with_softplus(model: nn.Module, beta: float, *, guided: bool = False) -> nn.Module:
    """Make a replica of `model` without hooks, with softplus of sharpness `beta` for ReLU.

    Source: Dombrowski et al. 2019, arXiv:1906.07983, section 4: the gradient of a ReLU network is constant in pieces,
    so that it cannot be followed; that of the softened network can, and as beta grows it is the same gradient.
    """
    return replica_of(model, lambda module: _soft_for(module, beta, guided), hooks=False)


def has_relu(model: nn.Module) -> bool:
    """Tell whether the network has ReLUs: its gradient is then constant in pieces."""
    return any(isinstance(module, nn.ReLU | nn.ReLU6) for module in model.modules())


def _gradient(model: nn.Module, x: Tensor) -> Tensor:
    logits = check_two_logits(model(x), len(x))
    (gradient,) = torch.autograd.grad((logits[:, 1] - logits[:, 0]).sum(), x, create_graph=True)
    return gradient


def differentiable_map(model: nn.Module, x: Tensor, name: str) -> Tensor:
    """Compute a map (N, 1, H, W) of the margin, channels summed, with a graph to x (N, 3, H, W)."""
    if name == "saliency":
        return _gradient(model, x).abs().sum(1, keepdim=True)
    if name == "integrated-gradients":
        parts = [weight * _gradient(model, node * x) for node, weight in zip(NODES, WEIGHTS, strict=True)]
        return (x * torch.stack(parts).sum(0)).sum(1, keepdim=True)
    gradient = _gradient(model, x)
    return (gradient if name == "guided-backprop" else x * gradient).sum(1, keepdim=True)


def map_passes(name: str) -> int:
    """Count the passes forward (and as many back, and back again) for one map."""
    return len(NODES) if name == "integrated-gradients" else 1
