"""A twin of a network that shares its weights, with some modules replaced: the network itself gets no hooks."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable

from torch import nn

from .preserve import HOOK_TABLES


def twin(module: nn.Module, replace: Callable[[nn.Module], nn.Module | None], *, hooks: bool = True) -> nn.Module:
    """`module` with each module for which `replace` gives another one replaced; all tensors are the network's own.

    Costs about a millisecond for a hundred modules and no memory to speak of. What is hooked onto the network by others
    goes on to work in the twin, unless `hooks` is False.
    """
    other = replace(module)
    if other is not None:
        return other
    if hooks and not module._modules:  # a leaf keeps no state of a pass: the twin may use it as it is
        return module
    out = copy.copy(module)
    if not hooks:
        for table in HOOK_TABLES:
            setattr(out, table, OrderedDict())
    out._modules = {name: child and twin(child, replace, hooks=hooks) for name, child in module._modules.items()}
    return out
