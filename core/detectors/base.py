"""Hold the registry of deepfake detectors."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from ..registry import Registry

DETECTORS: Registry[Callable[[], nn.Module]] = Registry("detector")
DEFAULT = "resnet-blend"
