"""Make weight-sharing replicas of networks, which themselves get no hooks."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable

from torch import nn

from ..device import at_boundary
from .preserve import HOOK_TABLES


def replica_of(module: nn.Module, replace: Callable[[nn.Module], nn.Module | None], *, hooks: bool = True) -> nn.Module:
    """Copy a module, sharing all tensors, with some modules replaced.

    Costs about a millisecond per hundred modules and hardly any memory. Hooks that others put on the network keep
    working in the replica, unless `hooks` is False: then those alone stay that move tensors between devices.
    """
    other = replace(module)
    if other is not None:
        return other
    if hooks and not module._modules:  # a leaf keeps no state of a pass: the replica may use it as it is
        return module
    out = copy.copy(module)
    if not hooks:
        for table in HOOK_TABLES:
            kept = {key: hook for key, hook in getattr(module, table).items() if at_boundary(hook)}
            setattr(out, table, OrderedDict(kept))
    out._modules = {name: child and replica_of(child, replace, hooks=hooks) for name, child in module._modules.items()}
    return out
