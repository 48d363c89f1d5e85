"""Deepfake detectors: importing this package registers them all."""

from . import blend_resnet
from .base import DEFAULT, DETECTORS, Detector, load

__all__ = ["DEFAULT", "DETECTORS", "Detector", "blend_resnet", "load"]
