"""Register deepfake detectors, load them, calibrate them and join their verdicts."""

from .architectures import blend_resnet, efficientnet, meso, xception
from .base import DEFAULT, DETECTORS
from .checkpoints.formats import FORMATS, fit
from .detector import Detector
from .load import load

__all__ = [
    "DEFAULT",
    "DETECTORS",
    "FORMATS",
    "Detector",
    "blend_resnet",
    "efficientnet",
    "fit",
    "load",
    "meso",
    "xception",
]
