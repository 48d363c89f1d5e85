"""Choose where networks compute, and put them there."""

from __future__ import annotations

import os

import torch
from torch import Tensor, nn

from ..types import InputError
from ..types.device_choice import Device

CHOICE = "PROSOPON_DEVICE"  # a variable of the environment: workers of a queue inherit it


def set_device(wanted: str) -> None:
    """Choose the device of this process and of those it starts.

    `InputError` where it is not there.
    """
    chosen_device(wanted)
    os.environ[CHOICE] = Device(wanted).value


def device_choice() -> Device:
    """Return what this process chose; auto where it chose nothing that is known."""
    name = os.environ.get(CHOICE)
    return Device(name) if name in list(Device) else Device.auto


def gpu_there() -> bool:
    """Return whether PyTorch finds a GPU."""
    return torch.cuda.is_available()


def chosen_device(wanted: str | None = None) -> str:
    """Return "cpu" or "cuda": what is wanted, else what this process chose, else auto."""
    name = wanted or os.environ.get(CHOICE) or Device.auto.value
    if name not in list(Device):
        raise InputError(f"a device is one of {', '.join(Device)}; what came is {name!r}")
    there = name != Device.cpu and gpu_there()
    if name == Device.cuda and not there:
        raise InputError("the device cuda was asked for, and PyTorch finds no GPU here; auto and cpu can be asked for")
    return "cuda" if there else "cpu"


class Entrance:
    """Move a network's input to its device: a hook before each pass."""

    def __init__(self, device: str) -> None:
        self.device = device

    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the inputs on the device."""
        return tuple(x.to(self.device) for x in inputs)


def leave(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
    """Move a network's output to the processor: a hook after each pass."""
    return output.cpu()


def put_on(model: nn.Module, device: str) -> nn.Module:
    """Put a network on a device, in place.

    It goes on taking and returning tensors of the processor. Passes run there, forward and back; images, random numbers
    and the arithmetic of attacks and maps stay on the processor, so that a seed means the same everywhere.
    """
    if device == Device.cpu:
        return model
    return keep_boundary(model.to(device))


def keep_boundary(model: nn.Module) -> nn.Module:
    """Add what moves input and output to a network on another device.

    On the processor nothing is added.
    """
    weight = next(model.parameters(), None)
    if weight is not None and weight.device.type != "cpu":
        model.register_forward_pre_hook(Entrance(str(weight.device)))
        model.register_forward_hook(leave)
    return model


def at_boundary(hook: object) -> bool:
    """Tell whether a hook moves a network's input or output between devices."""
    return isinstance(hook, Entrance) or hook is leave
