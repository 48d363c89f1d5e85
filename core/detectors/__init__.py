"""Deepfake detectors: importing this package registers them all."""

from . import blend_resnet, efficientnet, meso, xception
from .base import DEFAULT, DETECTORS, Detector, load
from .layouts import LAYOUTS, Layout, fit

__all__ = [
    "DEFAULT",
    "DETECTORS",
    "LAYOUTS",
    "Detector",
    "Layout",
    "blend_resnet",
    "efficientnet",
    "fit",
    "load",
    "meso",
    "xception",
]
