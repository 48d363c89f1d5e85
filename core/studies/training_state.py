"""Keep the state of a training between its steps, and go on from it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..storage.files import atomic_write


def resume_training(path: Path, network: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Load the state kept last; return how many epochs or steps are done."""
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        return int(state["epochs"])
    except Exception:  # noqa: BLE001 - none yet, or a damaged file of our own: it begins anew
        return 0


def keep_training(path: Path, network: nn.Module, optimiser: torch.optim.Optimizer, epochs: int) -> None:
    """Write weights, the optimiser's state, and how many epochs or steps are done.

    Args:
        path: of the file.
        network: trained.
        optimiser: of it.
        epochs: or steps, done.
    """
    buffer = io.BytesIO()
    checkpoint = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "epochs": epochs}
    torch.save(checkpoint, buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, buffer.getvalue())
