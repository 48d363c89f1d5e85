"""Hold the registry of deepfake detectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from ..registry import Registry


@dataclass(frozen=True, slots=True)
class DetectorFacts:
    """Hold what is known of a deepfake detector's network.

    layout: the format of its authors' checkpoints; None for a network that this project trained.
    """

    layout: str | None = None


DETECTORS: Registry[Callable[[], nn.Module], DetectorFacts] = Registry("detector", DetectorFacts)
DEFAULT = "efficientnet-lite0"
