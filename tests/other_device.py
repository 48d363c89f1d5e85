"""A device that is none: it computes on the processor, and refuses what a GPU would refuse.

Tensors of it are known by their storages. An operation on one of them and on a tensor of the processor with dimensions
fails, as does reading it as an array without `cpu()`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

from core.detectors import device as boundary

NAME = "meta"  # a name that torch knows, and that is not set up for the first tensor
COPIES = (torch.ops.aten.copy_.default,)


class OtherDevice(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.there: dict[int, Any] = {}  # storages, kept so that no new one has their place
        self.operations = 0

    def put(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        self.there[storage._cdata] = storage
        return tensor

    def take(self, tensor: Tensor) -> Tensor:
        self.there.pop(tensor.untyped_storage()._cdata, None)
        return tensor

    def has(self, tensor: Tensor) -> bool:
        return tensor.untyped_storage()._cdata in self.there

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        wanted = kwargs.get("device")
        if wanted is not None and torch.device(wanted).type == NAME:
            return self.put(func(*args, **{**kwargs, "device": torch.device("cpu")}))
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        found = func(*args, **kwargs)
        if func not in COPIES and any(self.has(tensor) for tensor in tensors):
            self.operations += 1
            mixed = [tuple(tensor.shape) for tensor in tensors if tensor.ndim and not self.has(tensor)]
            assert not mixed, f"{func} joins tensors of two devices: {mixed}"
            tree_map_only(Tensor, self.put, found)
        return found


@contextlib.contextmanager
def other_device(patch: pytest.MonkeyPatch) -> Iterator[OtherDevice]:
    """Let `put_on(model, NAME)` put networks there."""
    there = OtherDevice()
    device, numpy = torch.Tensor.device, torch.Tensor.numpy

    class Enter(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return there.put(x.clone())

        @staticmethod
        def backward(ctx: Any, *gradient: Tensor) -> Tensor:
            assert there.has(gradient[0])
            return Leave.apply(gradient[0])

    class Leave(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return there.take(x.clone())

        @staticmethod
        def backward(ctx: Any, *gradient: Tensor) -> Tensor:
            return Enter.apply(gradient[0])

    def as_array(tensor: Tensor, **options: Any) -> Any:
        assert not there.has(tensor), "a tensor of the device is read as an array"
        return numpy(tensor, **options)

    def place(tensor: Tensor) -> torch.device:
        return torch.device(NAME) if there.has(tensor) else device.__get__(tensor)

    def enter(self: object, module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(Enter.apply(x) for x in inputs)

    def to_processor(tensor: Tensor) -> Tensor:
        return Leave.apply(tensor) if there.has(tensor) else tensor

    patch.setattr(torch.Tensor, "cpu", to_processor)
    patch.setattr(torch.Tensor, "numpy", as_array)
    patch.setattr(torch.Tensor, "device", property(place), raising=False)
    patch.setattr(boundary.Entrance, "__call__", enter)
    with there:
        yield there


def put_there(model: nn.Module, there: OtherDevice) -> nn.Module:
    for tensor in (*model.parameters(), *model.buffers()):
        there.put(tensor.data)
    return boundary.keep_boundary(model)
