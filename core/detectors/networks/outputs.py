"""Read a network's outputs: the penultimate layer, and one of two logits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def penultimate(model: nn.Module) -> nn.Linear:
    """Return a network's last linear layer, whose input (N, D) is the penultimate activation."""
    found = _last_linear(model)
    if found is None:
        raise ValueError("a detector has a linear layer at its end")
    return found


@contextmanager
def penultimate_inputs(model: nn.Module) -> Iterator[list[Tensor]]:
    """Collect the penultimate activations (N, D) of passes inside.

    The hook is removed afterwards.
    """
    seen: list[Tensor] = []
    hook = penultimate(model).register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        yield seen
    finally:
        hook.remove()


def _last_linear(module: nn.Module) -> nn.Linear | None:
    """Search from the end, as this runs for every verdict."""
    for child in reversed(module._modules.values()):
        found = _last_linear(child) if child is not None else None
        if found is not None:
            return found
    return module if isinstance(module, nn.Linear) else None


class LogitSelector(nn.Module):
    """Reduce a detector to one output (N, 1): "fake", "real", or their margin.

    A linear layer after the two logits, so that every explainer sees an ordinary network.
    """

    WEIGHTS = {"fake": (0.0, 1.0), "real": (1.0, 0.0), "margin": (-1.0, 1.0)}  # noqa: RUF012

    def __init__(self, model: nn.Module, target: str) -> None:
        super().__init__()
        self.model = model
        self.head = nn.utils.skip_init(nn.Linear, 2, 1, bias=False)  # draws no random numbers
        self.head.weight.data = torch.tensor([self.WEIGHTS[target]])
        self.head.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, 1) of the selected output."""
        out: Tensor = self.head(self.model(x))
        return out
