"""Register attack detectors, which judge whether a face was attacked."""

from . import detect_resnet
from .base import ATTACK_DETECTORS, DEFAULT, AttackDetector, load

__all__ = ["ATTACK_DETECTORS", "DEFAULT", "AttackDetector", "detect_resnet", "load"]
