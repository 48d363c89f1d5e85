"""Load a recogniser by its name, or a user's network by its path."""

from __future__ import annotations

from pathlib import Path

from . import package_weights  # registers the networks
from .base import DEFAULT_RECOGNISER, RECOGNISERS, Recogniser
from .onnx_recogniser import onnx_recogniser

__all__ = ["load_recogniser", "package_weights", "recogniser_names"]


def recogniser_names() -> list[str]:
    """List the registered recognisers."""
    return list(RECOGNISERS)


def load_recogniser(name: str = DEFAULT_RECOGNISER) -> Recogniser:
    """Load a registered recogniser, or the ONNX network at a path."""
    if name not in RECOGNISERS and name.lower().endswith(".onnx"):
        return onnx_recogniser(Path(name))
    return RECOGNISERS[name].function()
