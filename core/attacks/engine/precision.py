"""What computes faster on a detector."""

from __future__ import annotations

import copy

import torch
from torch import nn

from ...detectors.networks.preserve import modules_of
from ...detectors.networks.replica import twin

HALF_CPUS = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")


def half_pays(model: nn.Module) -> bool:
    """Whether passes in bfloat16 are faster: the CPU computes in it, and the network has no SiLU.

    Measured, forward and back: Xception 2.3 times, ResNet 1.5, MesoInception 1.5, Meso 1.1; EfficientNet (SiLU) 1.0.
    """
    able = any(getattr(torch.cpu, name, lambda: False)() for name in HALF_CPUS)
    modules = modules_of(model)
    own = [weight for module in modules for weight in module._parameters.values() if weight is not None]
    on_cpu = all(weight.device.type == "cpu" and weight.dtype == torch.float32 for weight in own)
    return able and on_cpu and not any(isinstance(module, nn.SiLU) for module in modules)


def halved(model: nn.Module) -> nn.Module:
    """A twin of `model` whose convolutions and linear layers hold their weights in bfloat16; all else is shared.

    For passes under autocast, which otherwise converts every weight at every pass. Hooks go on to work in the twin.
    """

    def half(module: nn.Module) -> nn.Module | None:
        if not isinstance(module, (nn.Conv2d, nn.Linear)):
            return None
        out = copy.copy(module)
        out._parameters = {
            name: weight if weight is None else nn.Parameter(weight.detach().to(torch.bfloat16), requires_grad=False)
            for name, weight in module._parameters.items()
        }
        return out

    return twin(model, half)
