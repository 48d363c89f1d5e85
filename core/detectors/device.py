"""Choose where networks compute, and put them there."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..types import InputError
from ..types.device_choice import Device

CHOICE = "PROSOPON_DEVICE"  # a variable of the environment: workers of a queue inherit it


@dataclass(frozen=True, slots=True)
class PassSizes:
    """Hold how many images a network is given in one pass.

    faces: that are judged. maps: of a map, mostly forward and back. outputs: forward alone, for attacks and metrics.
    """

    faces: int
    maps: int
    outputs: int


ON_CPU = PassSizes(faces=4, maps=4, outputs=8)  # more save little, their activations take memory, and a stop waits
ON_GPU = PassSizes(faces=32, maps=32, outputs=64)  # a GPU is idle with few


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
    place = _place_of(model)
    if place.type != "cpu":
        model.register_forward_pre_hook(Entrance(str(place)))
        model.register_forward_hook(leave)
    return model


def pass_sizes(model: nn.Module) -> PassSizes:
    """Return how many images a network is given in one pass where it lies.

    Results do not depend on it but for rounding.
    """
    return ON_CPU if _place_of(model).type == "cpu" else ON_GPU


def _place_of(model: nn.Module) -> torch.device:
    weight = next(model.parameters(), None)
    return torch.device("cpu") if weight is None else weight.device


def at_boundary(hook: object) -> bool:
    """Tell whether a hook moves a network's input or output between devices."""
    return isinstance(hook, Entrance) or hook is leave
