"""What the door of the attacks owes a detector: to leave it as it was, and to know what computes faster on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

HALF_CPUS = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
HOOK_TABLES = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def half_pays(model: nn.Module) -> bool:
    """Whether passes in bfloat16 are faster: the CPU computes in it, and the network has no SiLU.

    Measured, forward and back: Xception 2.3 times, ResNet 1.5, MesoInception 1.5, Meso 1.1; EfficientNet (SiLU) 1.0.
    """
    able = any(getattr(torch.cpu, name, lambda: False)() for name in HALF_CPUS)
    on_cpu = all(weight.device.type == "cpu" and weight.dtype == torch.float32 for weight in model.parameters())
    return able and on_cpu and not any(isinstance(module, nn.SiLU) for module in model.modules())


@contextmanager
def as_it_was(model: nn.Module) -> Iterator[None]:
    """`model` in eval mode with weights that need no gradient; modes, hooks and gradients come back, whatever happens.

    Without weight gradients in the graph a backward pass to the input costs a third less.
    """
    modules = list(model.modules())
    modes = [module.training for module in modules]
    hooks = [(module, table, dict(getattr(module, table))) for module in modules for table in HOOK_TABLES]
    weights = [(parameter, parameter.requires_grad, parameter.grad) for parameter in model.parameters()]
    try:
        model.eval().requires_grad_(False)
        yield
    finally:
        for module, training in zip(modules, modes, strict=True):
            module.training = training
        for module, table, before in hooks:
            now = getattr(module, table)
            for key in [key for key in now if key not in before]:
                del now[key]
        for parameter, needed, gradient in weights:
            parameter.requires_grad_(needed)
            parameter.grad = gradient
