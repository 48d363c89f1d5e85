"""Register attack detectors, which judge whether a face was attacked."""

from ..registry import import_all
from .base import ATTACK_DETECTORS, DEFAULT, AttackDetector, load

__all__ = ["ATTACK_DETECTORS", "DEFAULT", "AttackDetector", "load"]

import_all(__name__)
