"""Attack detectors: importing this package registers them all."""

from . import detect_resnet
from .base import ATTACK_DETECTORS, DEFAULT, AttackDetector, load

__all__ = ["ATTACK_DETECTORS", "DEFAULT", "AttackDetector", "detect_resnet", "load"]
