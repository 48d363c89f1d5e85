"""Preserve a network's state while attacks and maps use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

HOOK_TABLES = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def modules_of(model: nn.Module) -> list[nn.Module]:
    """List all modules like `model.modules()`, without that method's nested generators."""
    found: dict[nn.Module, None] = {}
    left = [model]
    while left:
        module = left.pop()
        if module not in found:
            found[module] = None
            if module._modules:
                left += [child for child in reversed(module._modules.values()) if child is not None]
    return list(found)


@contextmanager
def preserve_state(model: nn.Module) -> Iterator[None]:
    """Freeze a model in eval mode; restore modes, hooks and gradients afterwards.

    Weights need no gradient inside: without them in the graph a backward pass to the input costs a third less.
    """
    modules = modules_of(model)
    training: list[nn.Module] = []
    weights: list[tuple[nn.Parameter, bool, Tensor | None]] = []
    for module in modules:
        if module.training:
            training.append(module)
        if module._parameters:
            for own in module._parameters.values():
                if own is not None:
                    weights.append((own, own.requires_grad, own.grad))
    first = RemovableHandle.next_id  # hooks are numbered over all modules: from here on they are new
    try:  # only what is otherwise is changed: this is done for every map and every attack
        if training:
            model.eval()
        for parameter, needed, _ in weights:
            if needed:
                parameter.requires_grad_(False)
        yield
    finally:
        for module in modules:
            if module.training:
                module.training = False
        for module in training:
            module.training = True
        if RemovableHandle.next_id != first:
            _unhook(modules, first)
        for parameter, needed, gradient in weights:
            if parameter.requires_grad is not needed:
                parameter.requires_grad_(needed)
            if parameter.grad is not gradient:
                parameter.grad = gradient


def _unhook(modules: list[nn.Module], first: int) -> None:
    """Remove hooks numbered `first` or later."""
    for module in modules:
        for table in HOOK_TABLES:
            hooks = module.__dict__[table]
            if hooks:
                for number in [number for number in hooks if number >= first]:
                    del hooks[number]
